import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call, get, Problem, type Schema } from "../api/client";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { Refused } from "../ui/Notice";
import { Sheet } from "../ui/Sheet";
import { words } from "../words";
import { useChange } from "./parts";

const said = words.account.keys;

/** Sets the key of a provider, which is asked first whether it takes it. */
export function ProviderKeySheet({ workspace, provider: chosen = "", isOpen, onClose }: { workspace: string; provider?: string; isOpen: boolean; onClose: () => void }) {
  return (
    <Sheet title={said.set} isOpen={isOpen} onClose={onClose}>
      <KeyForm workspace={workspace} chosen={chosen} onDone={onClose} />
    </Sheet>
  );
}

function KeyForm({ workspace, chosen, onDone }: { workspace: string; chosen: string; onDone: () => void }) {
  const [provider, setProvider] = useState(chosen || "anthropic");
  const [key, setKey] = useState("");
  const [model, setModel] = useState<string | null>(null);
  const models = useQuery({
    queryKey: ["account", workspace, "models"],
    queryFn: ({ signal }) => get<Schema<"ModelList">>("api/v1/models", undefined, signal),
    staleTime: 60_000,
  });
  const providers = [...new Set(["anthropic", "openai", ...(models.data?.items ?? []).map((each) => each.provider), ...(chosen ? [chosen] : [])])];
  const its = (models.data?.items ?? []).filter((each) => each.provider === provider).map((each) => each.model);
  const set = useChange(workspace, "provider-keys", (isTested: boolean) => call("PUT", `api/v1/provider-keys/${encodeURIComponent(provider)}`, {
    query: isTested ? {} : { test: false },
    body: { key: key.trim(), ...(model?.trim() && { default_model: model.trim() }) },
  }), onDone);
  const isSilent = set.error instanceof Problem && set.error.code === "provider_unavailable";
  return (
    <form className="stack" onSubmit={(event: FormEvent) => { event.preventDefault(); set.mutate(true); }}>
      <label className="field"><span className="label">{said.provider}</span>
        <select className="input" value={provider} onChange={(event) => setProvider(event.target.value)}>
          {providers.map((each) => <option key={each}>{each}</option>)}
        </select>
      </label>
      <Field label={said.key} type="password" autoComplete="off" mono value={key} onChange={setKey} isRequired maxLength={512} about={said.keyAbout} autoFocus />
      <label className="field"><span className="label">{said.model}</span>
        <input className="input" list="models-known" value={model ?? ""} onChange={(event) => setModel(event.target.value)} maxLength={200} placeholder={said.noModel} />
        <datalist id="models-known">{its.map((each) => <option key={each} value={each} />)}</datalist>
      </label>
      <Refused error={set.error} actions={isSilent && <Button small onPress={() => set.mutate(false)}>{said.untested}</Button>} />
      <div className="row">
        <Button type="submit" look="main" isDisabled={set.isPending || !key.trim()}>{set.isPending ? said.testing : said.testAndKeep}</Button>
        <Button look="quiet" onPress={onDone}>{words.ui.cancel}</Button>
      </div>
    </form>
  );
}
