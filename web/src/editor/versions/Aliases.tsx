import { type FormEvent, useState } from "react";
import { useSession } from "../../account/session";
import { useReadAgain } from "../../api/again";
import { call, type Schema } from "../../api/client";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { Refused } from "../../ui/Notice";
import { words } from "../../words";
import { Choice } from "../settings/parts";

/** Names for versions that runs are started by; each is moved in one step. */
export function Aliases({ path, queryKey, aliases, numbers, isDisabled }: {
  path: string;
  queryKey: readonly string[];
  aliases: readonly Schema<"AliasShape">[];
  numbers: readonly number[];
  isDisabled: boolean;
}) {
  const readAgain = useReadAgain();
  const { may } = useSession();
  const [name, setName] = useState("");
  const [error, setError] = useState<unknown>(null);
  const options = numbers.map((number) => [String(number), `${words.editor.version} ${number}`] as const);
  const send = async (method: "PUT" | "DELETE", alias: string, version?: string) => {
    setError(null);
    try {
      await call(method, `${path}/aliases/${encodeURIComponent(alias)}`, version ? { body: { version } } : {});
      if (alias === name) setName("");
      readAgain(...queryKey);
    } catch (wrong) {
      setError(wrong);
    }
  };
  const add = (event: FormEvent) => {
    event.preventDefault();
    const newest = numbers[0];
    if (name && newest) void send("PUT", name, String(newest));
  };
  return (
    <section className="stack" aria-label={words.editor.aliases}>
      <h3>{words.editor.aliases}</h3>
      <p className="quiet small">{words.editor.aliasesAbout}</p>
      {aliases.map((each) => (
        <div key={each.alias} className="pair">
          <Choice label={each.alias} value={String(each.number)} options={options} isDisabled={isDisabled} onChange={(version) => void send("PUT", each.alias, version)} />
          <Button small look="quiet" isDisabled={!may("admin")} aria-label={`${words.editor.remove} ${each.alias}`} onPress={() => void send("DELETE", each.alias)}>✕</Button>
        </div>
      ))}
      <form className="pair" onSubmit={add}>
        <Field label={words.editor.newAlias} value={name} onChange={setName} placeholder={words.editor.aliasGhost} isDisabled={isDisabled} />
        <Button type="submit" isDisabled={isDisabled || !name}>{words.editor.setAlias}</Button>
      </form>
      <Refused error={error} />
    </section>
  );
}
