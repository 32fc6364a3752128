import { type FormEvent, useState } from "react";
import { call, type Schema } from "../api/client";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { ago, clock } from "../ui/figures";
import { Empty, Refused } from "../ui/Notice";
import { Sheet } from "../ui/Sheet";
import { words } from "../words";
import { MadeBy } from "./MadeBy";
import { Allowed, Name, Narrow, Once, RoleChoice, Rows, Section, Sure, useChange, useList } from "./parts";
import { type Role, useSession } from "./session";

type Made = Schema<"MadeToken">;
const said = words.account.tokens;
const DAYS = ["", "1", "7", "30", "90", "365"] as const;
const DAY_MS = 86_400_000;

/** What programs call the api with. */
export function Tokens({ workspace }: { workspace: string }) {
  const { may } = useSession();
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  const tokens = useList<Schema<"TokenPage">>(workspace, "tokens", "api/v1/tokens", { limit: 200 });
  const items = tokens.data?.items ?? [];
  return (
    <Section title={words.account.parts.tokens} about={said.about} actions={<Allowed role="admin" look="main" onPress={() => setMaking(true)}>{said.make}</Allowed>}>
      <Refused error={tokens.error} />
      {tokens.data && items.length === 0 && <Empty title={said.none}><p>{said.noneAbout}</p></Empty>}
      {items.length > 0 && (
        <Rows label={words.account.parts.tokens} head={[words.account.name, words.account.role, said.begins, said.used, said.expires, words.account.madeBy.head, ""]}>
          {items.map((token) => (
            <tr key={token.id} className={stateOf(token) ? "is-over" : ""}>
              <th scope="row"><Name>{token.name}</Name></th><td>{words.account.roles[token.role]}</td><td><code>{token.prefix}…</code></td>
              <td><Narrow>{said.used}</Narrow>{token.last_used_at ? <time title={clock(token.last_used_at)}>{ago(token.last_used_at)}</time> : <span className="quiet">{said.never}</span>}</td>
              <td>{stateOf(token) ?? <><Narrow>{said.expires}</Narrow>{token.expires_at ? <time title={clock(token.expires_at)}>{ago(token.expires_at)}</time> : <span className="quiet">{said.never}</span>}</>}</td>
              <td><Narrow>{words.account.madeBy.head}</Narrow><MadeBy workspace={workspace} id={token.made_by} /></td>
              <td className="is-acts">
                {!token.revoked_at && <Sure workspace={workspace} list="tokens" path={`api/v1/tokens/${token.id}`} button={said.revoke} title={said.revokeTitle(token.name)} about={said.revokeAbout} />}
              </td>
            </tr>
          ))}
        </Rows>
      )}
      <Sheet title={said.make} isOpen={isMaking && may("admin")} onClose={() => setMaking(false)}>
        <TokenForm workspace={workspace} onDone={() => setMaking(false)} onMade={(token) => { setMaking(false); setMade(token); }} />
      </Sheet>
      {made && <Once title={said.made(made.name)} about={said.once} label={said.token} value={made.token} onClose={() => setMade(null)} />}
    </Section>
  );
}

function stateOf(token: Schema<"TokenShape">): string | null {
  if (token.revoked_at) return said.revoked;
  return token.expires_at && Date.parse(token.expires_at) < Date.now() ? said.expired : null;
}

function TokenForm({ workspace, onDone, onMade }: { workspace: string; onDone: () => void; onMade: (token: Made) => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("member");
  const [days, setDays] = useState<string>("90");
  const make = useChange(workspace, "tokens", () => call<Made>("POST", "api/v1/tokens", {
    body: { name: name.trim(), role, ...(days && { expires_at: new Date(Date.now() + Number(days) * DAY_MS).toISOString() }) },
  }), onMade);
  return (
    <form className="stack" onSubmit={(event: FormEvent) => { event.preventDefault(); make.mutate(); }}>
      <Field label={words.account.name} value={name} onChange={setName} isRequired maxLength={100} about={said.nameAbout} autoFocus />
      <RoleChoice label={words.account.role} value={role} onChange={setRole} />
      <label className="field"><span className="label">{said.good}</span>
        <select className="input" value={days} onChange={(event) => setDays(event.target.value)}>
          {DAYS.map((each) => <option key={each} value={each}>{each ? said.days(each) : said.forEver}</option>)}
        </select>
      </label>
      <Refused error={make.error} />
      <div className="row">
        <Button type="submit" look="main" isDisabled={make.isPending || !name.trim()}>{said.make}</Button>
        <Button look="quiet" onPress={onDone}>{words.ui.cancel}</Button>
      </div>
    </form>
  );
}
