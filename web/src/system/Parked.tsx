import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useReadAgain } from "../api/again";
import { call, get, type Schema } from "../api/client";
import { Button } from "../ui/Button";
import { ago, clock } from "../ui/figures";
import { Notice, Refused } from "../ui/Notice";
import { Sheet } from "../ui/Sheet";
import { words } from "../words";

type ParkedRun = Schema<"ParkedRunShape">;
const said = words.system;
const KEY = ["system", "parked"];

/** Runs that a service has set aside because of a fact it cannot read; each wants a person. */
export function Parked() {
  const asked = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => get<Schema<"ParkedList">>("api/v1/admin/parked", { limit: 50 }, signal),
    refetchInterval: 15_000,
  });
  const { items = [], more = 0 } = asked.data ?? {};
  if (asked.error) return <Refused error={asked.error} />;
  if (items.length === 0) return null;
  return (
    <section className="stack" aria-labelledby="parked">
      <h2 id="parked">{said.parked}</h2>
      <Notice tone="bad">{said.parkedAbout}</Notice>
      <ul className="reasons">{items.map((run) => <OneParked key={run.run_id} run={run} />)}</ul>
      {more > 0 && <p className="quiet small">{said.andMore(more)}</p>}
    </section>
  );
}

function OneParked({ run }: { run: ParkedRun }) {
  const [isEnding, setEnding] = useState(false);
  const readAgain = useReadAgain();
  const settle = { onSettled: () => readAgain(...KEY) };
  const path = `api/v1/admin/parked/${encodeURIComponent(run.run_id)}`;
  const release = useMutation({ mutationFn: () => call<Schema<"ReleaseAnswer">>("POST", `${path}/release`), ...settle });
  const end = useMutation({ mutationFn: () => call("POST", `${path}/end`, { body: {} }), ...settle });
  return (
    <li>
      <div className="stack">
        <p><code>{run.run_id}</code> <span className="quiet">{run.workspace} · <time title={clock(run.since)}>{ago(run.since)}</time></span></p>
        {run.by.map((by) => <p key={`${by.service} ${by.code}`}><strong>{by.service}</strong>: {by.explanation}</p>)}
        {release.data?.status === "parked" && <Notice tone="wait">{release.data.by.map(({ explanation }) => explanation).join(" ")}</Notice>}
        <Refused error={release.error ?? end.error} />
        <div className="row">
          <Button small isDisabled={release.isPending} onPress={() => release.mutate()}>{said.release}</Button>
          <Button small look="danger" isDisabled={end.isPending} onPress={() => setEnding(true)}>{said.end}</Button>
        </div>
      </div>
      <Sheet title={said.endTitle} isOpen={isEnding} onClose={() => setEnding(false)}>
        <p>{said.endAbout}</p>
        <div className="row">
          <Button look="danger" onPress={() => { setEnding(false); end.mutate(); }}>{said.end}</Button>
          <Button look="quiet" onPress={() => setEnding(false)}>{words.ui.cancel}</Button>
        </div>
      </Sheet>
    </li>
  );
}
