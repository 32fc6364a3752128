import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call, get, type Schema } from "../../api/client";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { Refused } from "../../ui/Notice";
import { Sheet } from "../../ui/Sheet";
import { words } from "../../words";
import { bodyOf, FIELDS, type Typed, typedOf, wrongIn } from "./typed";
import { useChange } from "../parts";

type Limits = Schema<"LimitsAndUse">;
const said = words.account.limits;
const LABELS: Record<(typeof FIELDS)[number], string> = {
  runs_in_flight: said.inFlight, runs_a_minute: said.perMinute, stored_bytes: said.gib, tokens_a_month: said.perMonth,
  cost_usd_a_month: said.dollars, readers: said.readers,
};

/** Sets the limits of the workspace `of`, which need not be that of the page. */
export function LimitSheet({ workspace, of, onClose }: { workspace: string; of: string; onClose: () => void }) {
  const found = useQuery({
    queryKey: ["account", workspace, "limits", of],
    queryFn: ({ signal }) => get<Limits>(`api/v1/workspaces/${encodeURIComponent(of)}/limits`, undefined, signal),
  });
  return (
    <Sheet title={said.setOf(of)} isOpen onClose={onClose}>
      <Refused error={found.error} />
      {found.data && <LimitForm workspace={workspace} limits={found.data} onDone={onClose} />}
    </Sheet>
  );
}

// All at once; a field that is left empty is without a limit.
function LimitForm({ workspace, limits, onDone }: { workspace: string; limits: Limits; onDone: () => void }) {
  const [typed, setTyped] = useState<Typed>(() => typedOf(limits));
  const wrong = wrongIn(typed);
  const set = useChange(workspace, "limits", () => call("PUT", `api/v1/workspaces/${encodeURIComponent(limits.workspace)}/limits`, { body: bodyOf(typed) }), onDone);
  return (
    <form className="stack" onSubmit={(event: FormEvent) => { event.preventDefault(); set.mutate(); }}>
      <p className="quiet">{said.setAbout}</p>
      <div className="pairs">
        {FIELDS.map((name) => (
          <Field key={name} label={LABELS[name]} value={typed[name]} onChange={(text) => setTyped({ ...typed, [name]: text })} inputMode="decimal" placeholder={said.none} wrong={wrong[name]} maxLength={20} />
        ))}
        <Field label={said.stepsByPool} value={typed.steps} onChange={(steps) => setTyped({ ...typed, steps })} placeholder="default=8" wrong={wrong.steps} maxLength={1_000} />
      </div>
      <Refused error={set.error} />
      <div className="row">
        <Button type="submit" look="main" isDisabled={set.isPending || Object.keys(wrong).length > 0}>{words.ui.save}</Button>
        <Button look="quiet" onPress={onDone}>{words.ui.cancel}</Button>
      </div>
    </form>
  );
}
