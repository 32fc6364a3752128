import type { Schema } from "../../api/client";
import { isRecord, textOf } from "../../api/json";
import { Button } from "../../ui/Button";
import { words } from "../../words";
import { Code } from "../text/LazyText";
import { type FlowDiff, idsOf, isNothing } from "./difference";

const LONG = 120;

/** What differs between two versions, in words. */
export function DiffWords({ diff, onChoose }: { diff: FlowDiff; onChoose: (id: string) => void }) {
  if (isNothing(diff)) return <p className="quiet">{words.editor.noDifference}</p>;
  return (
    <div className="stack">
      <NodeNames ids={idsOf(diff.nodes.added)} says={words.editor.changes.added} onChoose={onChoose} />
      <NodeNames ids={idsOf(diff.nodes.removed)} says={words.editor.changes.removed} onChoose={onChoose} />
      {diff.nodes.changed.map((node) => (
        <div key={node.id} className="stack">
          <NodeNames ids={[node.id]} says={words.editor.changes.changed} onChoose={onChoose} />
          <Changes changes={node.changes} />
        </div>
      ))}
      <Edges edges={diff.edges.added} says={words.editor.edgesAdded} />
      <Edges edges={diff.edges.removed} says={words.editor.edgesRemoved} />
      {diff.is_reordered && <p className="small">{words.editor.reordered}</p>}
    </div>
  );
}

export function Changes({ changes }: { changes: readonly Schema<"Change">[] }) {
  return changes.map(({ path, old, new: now }) => <OneChange key={path} path={path} old={old} now={now} />);
}

function OneChange({ path, old, now }: { path: string; old: unknown; now: unknown }) {
  const [was, is] = [said(old), said(now)];
  const isLong = was.length > LONG || is.length > LONG;
  return (
    <div>
      <code className="small quiet">{path.replace(/^\/data\//, "").replaceAll("/", ".")}</code>
      {isLong && old !== null && now !== null
        ? <Code label={path} value={is} saved={was} isReadOnly onChange={() => undefined} />
        : <>
          {old !== null && <span className="diff-was"><del>{clipped(was)}</del></span>}
          {now !== null && <span className="diff-is"><ins>{clipped(is)}</ins></span>}
        </>}
    </div>
  );
}

function clipped(text: string): string {
  return text.length > 2_000 ? `${text.slice(0, 2_000)}…` : text;
}

function said(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function NodeNames({ ids, says, onChoose }: { ids: readonly string[]; says: string; onChoose: (id: string) => void }) {
  if (ids.length === 0) return null;
  return <p className="row"><strong>{says}</strong> {ids.slice(0, 30).map((id) => <Button key={id} small look="quiet" onPress={() => onChoose(id)}>{id}</Button>)}</p>;
}

function Edges({ edges, says }: { edges: readonly unknown[]; says: string }) {
  const ends = edges.filter(isRecord);
  if (ends.length === 0) return null;
  return <p className="small"><strong>{says}</strong> {ends.slice(0, 30).map((edge) => `${textOf(edge.source)} → ${textOf(edge.target)}`).join(", ")}</p>;
}
