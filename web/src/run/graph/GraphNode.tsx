// A step in the flow: where it stands, for how long, what it used, what it said last.

import type { Node, NodeProps } from "@xyflow/react";
import { memo } from "react";
import { standsInFor, type StepView } from "../../log/index";
import { bytes, count, dollars, duration, firstWords, lastWords, tokensOf } from "../../ui/figures";
import { nameOf, StatusMark } from "../../ui/Status";
import { useNow } from "../../ui/now";
import { words } from "../../words";
import { level } from "./flowing";
import { useRunPage, useStep } from "../context";
import type { StepNode } from "./drawing";
import { signsOfLife, took } from "../life";

export type FlowNode = Node<{ node: StepNode; cost: string | null | undefined }, "step">;

export const GraphNode = memo(function GraphNode({ data: { node, cost } }: NodeProps<FlowNode>) {
  const { selected, setSelected, at, drawing } = useRunPage();
  const step = useStep(node.step);
  const status = step?.status ?? "pending";
  const isBusy = at === null && (status === "running" || status === "retrying");
  const now = useNow(isBusy ? 1_000 : null);
  const ms = step ? took(step, at === null ? now : null) : null;
  const isResult = drawing.results.includes(node.step);
  return (
    <button
      type="button" data-step={node.step} tabIndex={0} aria-current={selected === node.step ? "true" : undefined}
      className={`run-node ${status}${isResult ? " is-result" : ""}`} onClick={() => setSelected(node.step)}
    >
      <span className="run-node-head">
        <StatusMark status={status} />
        <span className="run-node-name clip">{node.label}</span>
        {ms !== null && status !== "skipped" && <span className="number quiet small">{duration(ms)}</span>}
      </span>
      <span className="run-node-words small" dir="auto">{step ? saying(step, now) : ""}</span>
      <span className="run-node-foot quiet small"><Foot node={node} step={step} cost={cost} /></span>
      <span className="run-node-level" aria-hidden="true"><span style={{ transform: `scaleX(${level(step)})` }} /></span>
    </button>
  );
});

function Foot({ node, step, cost }: { node: StepNode; step: StepView | undefined; cost: string | null | undefined }) {
  const kinds: Record<string, string> = words.run.kinds;
  const tokens = tokensOf(step?.usage);
  const first = step ? standsInFor(step) : null;
  const model = step?.model ?? (typeof node.data?.model === "string" ? node.data.model : null);
  return (
    <>
      <span className="clip">{model && node.kind === "agent" ? shortModel(model) : (kinds[node.kind] ?? node.kind)}{first && ` ${words.run.standIn}`}</span>
      <span className="number">
        {[
          step && step.attempt > 1 && `${words.run.try} ${step.attempt}`, tokens > 0 && count(tokens),
          tokens > 0 && cost !== undefined && dollars(cost),
        ].filter(Boolean).join(" · ")}
      </span>
    </>
  );
}

/** A model's name without its provider and its family's prefix. */
export function shortModel(model: string): string {
  return model.slice(model.lastIndexOf("/") + 1).replace(/^claude-/, "");
}

// What is worth a line of it now.
function saying(step: StepView, now: number): string {
  if (step.error) return step.error.message;
  if (step.status === "waiting") return step.decided ? "" : (step.prompt ?? words.run.asksPerson);
  if (step.status === "completed") return step.blob ? `${words.run.textOf} ${bytes(step.blob.size_bytes)}${words.run.toBeOpened}` : firstWords(step.words.text);
  if (step.words.text) return lastWords(step.words.text, 90);
  return signsOfLife(step, now) ?? (step.status === "ready" ? nameOf("pending") : lastWords(step.thoughts.text, 90));
}
