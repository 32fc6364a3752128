import { type FormEvent, useState } from "react";
import { call, type Schema } from "../api/client";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { ago, clock } from "../ui/figures";
import { Empty, Refused } from "../ui/Notice";
import { Sheet } from "../ui/Sheet";
import { words } from "../words";
import { Allowed, Rows, Section, Sure, useChange, useList } from "./parts";

const said = words.account.secrets;
const MOST = 200;

/** Values with names, which tools use and nobody reads again. */
export function Secrets({ workspace }: { workspace: string }) {
  const [name, setName] = useState<string | null>(null);
  const secrets = useList<Schema<"SecretPage">>(workspace, "secrets", "api/v1/secrets", { limit: MOST });
  const items = secrets.data?.items ?? [];
  return (
    <Section title={words.account.parts.secrets} about={said.about} actions={<Allowed role="admin" look="main" onPress={() => setName("")}>{said.set}</Allowed>}>
      <Refused error={secrets.error} />
      {secrets.data && items.length === 0 && <Empty title={said.none}><p>{said.noneAbout}</p></Empty>}
      {items.length > 0 && (
        <Rows label={words.account.parts.secrets} head={[words.account.name, words.account.changed, ""]}>
          {items.map((secret) => (
            <tr key={secret.name}>
              <th scope="row"><code className="clip is-name" title={secret.name}>{secret.name}</code></th>
              <td><time dateTime={secret.updated_at} title={clock(secret.updated_at)}>{ago(secret.updated_at)}</time> <span className="quiet">{secret.updated_by}</span></td>
              <td className="is-acts">
                <Allowed role="admin" look="quiet" onPress={() => setName(secret.name)}>{words.account.replace}</Allowed>
                <Sure workspace={workspace} list="secrets" path={`api/v1/secrets/${encodeURIComponent(secret.name)}`} button={words.account.remove} title={said.removeTitle(secret.name)} about={said.removeAbout} />
              </td>
            </tr>
          ))}
        </Rows>
      )}
      <Sheet title={said.set} isOpen={name !== null} onClose={() => setName(null)}>
        <SecretForm key={name} workspace={workspace} known={name ?? ""} onDone={() => setName(null)} />
      </Sheet>
    </Section>
  );
}

function SecretForm({ workspace, known, onDone }: { workspace: string; known: string; onDone: () => void }) {
  const [name, setName] = useState(known);
  const [value, setValue] = useState("");
  const set = useChange(workspace, "secrets", () => call("PUT", `api/v1/secrets/${encodeURIComponent(name.trim())}`, { body: { value } }), onDone);
  const wrong = name !== "" && !/^[A-Za-z0-9_-]{1,63}$/.test(name.trim()) ? said.wrongName : undefined;
  return (
    <form className="stack" onSubmit={(event: FormEvent) => { event.preventDefault(); set.mutate(); }}>
      <Field label={words.account.name} mono value={name} onChange={setName} isRequired isReadOnly={known !== ""} wrong={wrong} about={said.nameAbout} autoFocus={!known} placeholder="SEARCH_TOKEN" />
      <Field label={said.value} type="password" autoComplete="off" mono value={value} onChange={setValue} isRequired about={said.valueAbout} autoFocus={Boolean(known)} />
      <Refused error={set.error} />
      <div className="row">
        <Button type="submit" look="main" isDisabled={set.isPending || !name.trim() || !value || Boolean(wrong)}>{words.ui.save}</Button>
        <Button look="quiet" onPress={onDone}>{words.ui.cancel}</Button>
      </div>
    </form>
  );
}
