import { useInfiniteQuery } from "@tanstack/react-query";
import { get, type Schema } from "../api/client";
import { useAddress, useTyped } from "../shell/address";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { clock } from "../ui/figures";
import { Empty, Notice, Refused } from "../ui/Notice";
import { words } from "../words";
import { Rows, Section } from "./parts";
import { useSession } from "./session";

const said = words.account.audit;

/** Who did what in the workspace, when, and from where. */
export function Audit({ workspace }: { workspace: string }) {
  const { may } = useSession();
  const [address, change] = useAddress();
  const action = address.get("action") ?? "";
  const [typed, type] = useTyped(action, (text) => change({ action: text.trim() }));
  const found = useInfiniteQuery({
    queryKey: ["account", workspace, "audit", action],
    queryFn: ({ pageParam, signal }) => get<Schema<"AuditPage">>("api/v1/audit", { limit: 50, cursor: pageParam, action: action || null }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    enabled: may("admin"),
  });
  const deeds = found.data?.pages.flatMap(({ items }) => items) ?? [];
  if (!may("admin")) return <Section title={words.account.parts.audit}><Notice>{words.account.only.admin}</Notice></Section>;
  return (
    <Section title={words.account.parts.audit} about={said.about}>
      <div className="narrow-form"><Field label={said.action} value={typed} onChange={type} placeholder="token.created" type="search" /></div>
      <Refused error={found.error} />
      {found.data && deeds.length === 0 && <Empty title={said.none} />}
      {deeds.length > 0 && (
        <Rows label={words.account.parts.audit} head={[said.when, said.who, said.action, said.what, said.from]}>
          {deeds.map((deed) => (
            <tr key={deed.id}>
              <td className="number"><time dateTime={deed.at}>{clock(deed.at)}</time></td><td><span className="clip is-name" title={deed.actor}>{deed.actor_name}</span></td><td><code>{deed.action}</code></td>
              <td className="is-what"><span className="clip" title={deed.subject}>{deed.subject}</span>{Object.keys(deed.details).length > 0 && <code className="clip small quiet" title={JSON.stringify(deed.details)}>{JSON.stringify(deed.details)}</code>}</td>
              <td className="number quiet">{deed.address ?? ""}</td>
            </tr>
          ))}
        </Rows>
      )}
      {found.hasNextPage && <div className="row"><Button isDisabled={found.isFetchingNextPage} onPress={() => void found.fetchNextPage()}>{words.ui.more}</Button></div>}
    </Section>
  );
}
