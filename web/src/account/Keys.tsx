import { useState } from "react";
import type { Schema } from "../api/client";
import { ago, clock } from "../ui/figures";
import { Empty, Refused } from "../ui/Notice";
import { words } from "../words";
import { Allowed, Rows, Section, Sure, useList } from "./parts";
import { ProviderKeySheet } from "./ProviderKeySheet";

const said = words.account.keys;

/** The keys by which runs of the workspace call models. */
export function Keys({ workspace }: { workspace: string }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const keys = useList<Schema<"ProviderKeyPage">>(workspace, "provider-keys", "api/v1/provider-keys");
  const items = keys.data?.items ?? [];
  return (
    <Section title={words.account.parts.keys} about={said.about} actions={<Allowed role="admin" look="main" onPress={() => setChosen("")}>{said.set}</Allowed>}>
      <Refused error={keys.error} />
      {keys.data && items.length === 0 && <Empty title={said.none}><p>{said.noneAbout}</p></Empty>}
      {items.length > 0 && (
        <Rows label={words.account.parts.keys} head={[said.provider, said.key, said.model, words.account.changed, ""]}>
          {items.map((key) => (
            <tr key={key.provider}>
              <th scope="row">{key.provider}</th><td><code>{key.key}</code></td><td>{key.default_model ?? <span className="quiet">{said.noModel}</span>}</td>
              <td><time dateTime={key.updated_at} title={clock(key.updated_at)}>{ago(key.updated_at)}</time> <span className="quiet">{key.updated_by}</span></td>
              <td className="is-acts">
                <Allowed role="admin" look="quiet" onPress={() => setChosen(key.provider)}>{words.account.replace}</Allowed>
                <Sure workspace={workspace} list="provider-keys" path={`api/v1/provider-keys/${encodeURIComponent(key.provider)}`} button={words.account.remove} title={said.removeTitle(key.provider)} about={said.removeAbout} />
              </td>
            </tr>
          ))}
        </Rows>
      )}
      <ProviderKeySheet workspace={workspace} provider={chosen ?? ""} isOpen={chosen !== null} onClose={() => setChosen(null)} />
    </Section>
  );
}
