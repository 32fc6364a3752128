// Stopping and running again all that is shown, as jobs of the api.

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useSession } from "../../account/session";
import { useReadAgain } from "../../api/again";
import { call, type Schema } from "../../api/client";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { clock } from "../../ui/figures";
import { Refused } from "../../ui/Notice";
import { Sheet } from "../../ui/Sheet";
import { nameOf } from "../../ui/Status";
import { words } from "../../words";
import { type Filter, type JobKind, jobOf } from "../filters/filter";

const said = words.runs;
const MOMENTS = /_(after|before)$/;

export function Bulk({ workspace, filter }: { workspace: string; filter: Filter }) {
  const { may } = useSession();
  const [kind, setKind] = useState<JobKind | null>(null);
  return (
    <>
      {!may("member") && <span className="quiet small">{said.onlyMembers}</span>}
      {(["retry", "cancel"] as const).map((each) => (
        <Button key={each} small isDisabled={!may("member")} onPress={() => setKind(each)}>{said.bulk[each].button}</Button>
      ))}
      {kind && <Asked key={kind} workspace={workspace} kind={kind} filter={filter} onClose={() => setKind(null)} />}
    </>
  );
}

function Asked({ workspace, kind, filter, onClose }: { workspace: string; kind: JobKind; filter: Filter; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const readAgain = useReadAgain();
  const job = jobOf(kind, filter, Date.now());
  const begin = useMutation({
    mutationFn: (body: object) => call<Schema<"JobShape">>("POST", `api/v1/runs/${kind}`, { body }),
    onSuccess: () => {
      readAgain("runs", workspace, "jobs");
      onClose();
    },
  });
  const told = said.bulk[kind];
  return (
    <Sheet title={told.title} isOpen onClose={onClose}>
      {"why" in job ? <p>{told.why[job.why]}</p> : (
        <>
          <p>{told.about}</p>
          <dl className="terms">
            <div><dt>{said.status}</dt><dd>{(job.body.status ?? told.statuses).map(nameOf).join(", ")}</dd></div>
            {rowsOf(job.body).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
          </dl>
          {kind === "cancel" && <Field label={said.reason} value={reason} onChange={setReason} maxLength={2_000} />}
          <Refused error={begin.error} />
          <div className="row">
            <Button look={kind === "cancel" ? "danger" : "main"} isDisabled={begin.isPending}
              onPress={() => begin.mutate({ filter: job.body, ...(kind === "cancel" && reason.trim() && { reason: reason.trim() }) })}>{told.go}</Button>
            <Button look="quiet" onPress={onClose}>{words.ui.cancel}</Button>
          </div>
        </>
      )}
    </Sheet>
  );
}

function rowsOf(body: object): [string, string][] {
  const names: Record<string, string> = said.jobFilter;
  const rows = Object.entries(body).filter(([name]) => name !== "status").map(([name, value]): [string, string] => [
    names[name] ?? name, typeof value === "string" ? (MOMENTS.test(name) ? clock(value) : value) : Array.isArray(value) ? value.join(", ") : JSON.stringify(value),
  ]);
  return rows.length > 0 ? rows : [[said.which, said.all]];
}
