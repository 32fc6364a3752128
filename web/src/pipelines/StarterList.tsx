import { useState } from "react";
import { useReadAgain } from "../api/again";
import { call, type Schema } from "../api/client";
import { Button } from "../ui/Button";
import { Refused } from "../ui/Notice";
import { words } from "../words";
import { EMPTY, keepForm } from "./runForm";
import { type Starter, STARTERS } from "./starters";

/** Pipelines to start from: one press makes one, another makes it and asks what to run it on. */
export function StarterList({ workspace, isDisabled, onOpen, onRun }: {
  workspace: string;
  isDisabled: boolean;
  onOpen: (id: string) => void;
  onRun: (pipeline: { id: string; name: string }) => void;
}) {
  const readAgain = useReadAgain();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState("");
  const make = async (starter: Pick<Starter, "name" | "flow"> & Partial<Starter>, then: "open" | "run") => {
    setBusy(starter.name);
    setError(null);
    try {
      const made = await call<Schema<"PipelineShape">>("POST", "api/v1/pipelines", { body: { name: starter.name, flow: starter.flow, tags: starter.tags ?? [] } });
      keepForm(`${workspace}/${made.id}`, { ...EMPTY, input: starter.input ?? "", variables: starter.variables ?? {} });
      readAgain("pipelines", workspace);
      if (then === "open") onOpen(made.id);
      else onRun(made);
    } catch (wrong) {
      setError(wrong);
    } finally {
      setBusy("");
    }
  };
  return (
    <>
      <Refused error={error} />
      <ul className="starters">
        {STARTERS.map((starter) => (
          <li key={starter.name} className="starter">
            <h3>{starter.name}</h3>
            <Sketch starter={starter} />
            <p className="quiet">{starter.about}</p>
            <div className="row">
              <Button look="main" small isDisabled={isDisabled || busy !== ""} onPress={() => void make(starter, "run")} aria-label={`${words.pipelines.tryIt}: ${starter.name}`}>{words.pipelines.tryIt}</Button>
              <Button small isDisabled={isDisabled || busy !== ""} onPress={() => void make(starter, "open")} aria-label={`${words.pipelines.open}: ${starter.name}`}>{words.pipelines.open}</Button>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

interface Drawn {
  id: string;
  type: string;
  position: { x: number; y: number };
}

/** The starter's flow at a glance, as it stands on its page. */
function Sketch({ starter }: { starter: Starter }) {
  const nodes = starter.flow.nodes as Drawn[];
  const at = new Map(nodes.map((node) => [node.id, node.position]));
  const [width, height] = [Math.max(...nodes.map((node) => node.position.x)) + 224, Math.max(...nodes.map((node) => node.position.y)) + 70];
  const lines = (starter.flow.edges as { source: string; target: string }[]).flatMap(({ source, target }) => {
    const [from, to] = [at.get(source), at.get(target)];
    return from && to ? [`M${from.x + 224} ${from.y + 35}C${from.x + 270} ${from.y + 35} ${to.x - 46} ${to.y + 35} ${to.x} ${to.y + 35}`] : [];
  });
  return (
    <svg className="sketch" viewBox={`-8 -8 ${width + 16} ${height + 16}`} aria-hidden="true" preserveAspectRatio="xMinYMid meet">
      {lines.map((line) => <path key={line} d={line} />)}
      {nodes.map((node) => <rect key={node.id} className={`is-${node.type}`} x={node.position.x} y={node.position.y} width="224" height="70" rx="14" />)}
    </svg>
  );
}
