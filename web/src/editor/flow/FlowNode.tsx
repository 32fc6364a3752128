import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";
import { known, textOf } from "../../api/json";
import { words } from "../../words";
import { LastLine } from "../lately/LastResults";
import { type DrawnNode, handlesOf, kindOf } from "./drawing";

export type Change = "added" | "removed" | "changed";

export interface CardMarks {
  problems: number;
  warnings: number;
  isEdited: boolean;
  /** Whether what leads here and on is above and below, not beside. */
  isDown: boolean;
  change: Change | null;
}

export interface CardData extends Record<string, unknown>, CardMarks {
  drawn: DrawnNode;
}

export type Card = Node<CardData, "card">;

const GLYPHS: Record<string, string> = {
  agent: "M8 1.5l1.8 4.7 4.7 1.8-4.7 1.8L8 14.5 6.2 9.8 1.5 8l4.7-1.8Z",
  template: "M3 3h10M3 6.5h10M3 10h6M3 13.5h8",
  merge: "M2 3c4 0 4 5 8 5h4M2 13c4 0 4-5 8-5",
  condition: "M2 8h4M6 8c4 0 4-5 8-5M6 8c4 0 4 5 8 5",
  approval: "M5 2.5v11M11 2.5v11",
  input: "M2 8h10M8.5 4.5L12 8l-3.5 3.5M14 2.5v11",
  output: "M2 2.5v11M4 8h10M10.5 4.5L14 8l-3.5 3.5",
  note: "M3 2.5h10v8l-3 3H3Z",
};

/** One node as it was drawn: what it is, what it is called, what is wrong with it. */
export const FlowNode = memo(function FlowNode({ data, selected }: NodeProps<Card>) {
  const { drawn, problems, warnings, isEdited, isDown, change } = data;
  const handles = handlesOf(drawn);
  const [into, out] = isDown ? [Position.Top, Position.Bottom] : [Position.Left, Position.Right];
  return (
    <div className={`card is-${drawn.type} ${selected ? "is-chosen" : ""} ${change ? `is-${change}` : ""}`}>
      <Handle type="target" position={into} isConnectable={false} />
      <div className="card-head">
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d={known(GLYPHS, drawn.type) ?? "M3 3h10v10H3Z"} /></svg>
        <span className="card-name clip">{drawn.label}</span>
        {isEdited && <span className="dot" title={words.editor.unsaved}><span className="unseen">{words.editor.unsaved}</span></span>}
        {problems > 0 && <span className="badge bad" title={words.editor.problems}>{problems}</span>}
        {problems === 0 && warnings > 0 && <span className="badge wait" title={words.editor.warnings}>{warnings}</span>}
      </div>
      <div className="card-about clip">{change ? words.editor.changes[change] : aboutOf(drawn)}</div>
      {handles.map((handle) => (
        <div key={handle} className="card-way">
          <span className="clip">{handle}</span>
          <Handle id={handle} type="source" position={out} isConnectable={false} />
        </div>
      ))}
      {handles.length === 0 && <Handle type="source" position={out} isConnectable={false} />}
      <LastLine node={drawn.id} />
    </div>
  );
});

function aboutOf({ type, data }: DrawnNode): string {
  const kind = kindOf(type);
  if (type === "agent") return [kind, textOf(data.model)].filter(Boolean).join(" · ");
  if (type === "merge") return `${kind} · ${strategyOf(textOf(data.strategy) || "concat")}`;
  if (type === "note") return textOf(data.label) || textOf(data.text) || kind;
  return kind;
}

function strategyOf(name: string): string {
  return known<string>(words.editor.strategies, name) ?? name;
}
