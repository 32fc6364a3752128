// One pipeline as it is saved, and how edits of it are saved.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { useReadAgain } from "../api/again";
import { ask, type Schema } from "../api/client";
import { type Data, isRecord } from "../api/json";
import { type Edits, type Fields, applied, idField, idsIn, nodeField, nodeOf, waysField } from "./draft/edits";
import { nameOf } from "../flow/drawn";
import { type Drawing, readDrawing, waysOf, withData, withWays } from "./flow/drawing";
import { withIds } from "./rename/renamed";

/** A save that is not answered by then counts as lost: it is sent again, bound to what was read. */
export const LONGEST_SAVE_MS = 20_000;

export type Pipeline = Schema<"PipelineShape">;

export interface Saved {
  pipeline: Pipeline;
  /** The ETag, which a save is bound to. */
  tag: string;
}

export function pipelineKey(workspace: string, id: string) {
  return ["editor", workspace, "pipeline", id] as const;
}

/** The name of a pipeline's draft in this browser. */
export function draftOf(workspace: string, id: string): string {
  return `${workspace}/pipeline/${id}`;
}

export function usePipeline(workspace: string, id: string) {
  return useQuery<Saved>({ queryKey: pipelineKey(workspace, id), queryFn: ({ signal }) => readPipeline(id, signal) });
}

export async function readPipeline(id: string, signal?: AbortSignal): Promise<Saved> {
  const told = await ask<Pipeline>("GET", `api/v1/pipelines/${encodeURIComponent(id)}`, signal ? { signal } : {});
  return { pipeline: told.body, tag: told.headers.get("etag") ?? `"${told.body.revision}"` };
}

/** All that can be edited of it: its name, its tags, each node's id and each member of its data, which branch edges are of. */
export function fieldsOf(pipeline: Pipeline): Fields {
  const fields: Record<string, unknown> = { name: pipeline.name, tags: pipeline.tags };
  for (const node of readDrawing(pipeline.flow).nodes) {
    fields[idField(node.id)] = node.id;
    for (const [name, value] of Object.entries(node.data)) fields[nodeField(node.id, name)] = value;
  }
  for (const [id, ways] of waysOf(pipeline.flow)) fields[waysField(id)] = ways;
  return fields;
}

/** The data of the nodes that are edited, by the ids that are saved. */
export function editedData(drawing: Drawing, edits: Edits): Map<string, Data> {
  const changed = new Map<string, Data>();
  const known = new Map(drawing.nodes.map((node) => [node.id, node]));
  for (const [field, edit] of Object.entries(edits)) {
    const place = nodeOf(field);
    const node = place && known.get(place.id);
    if (!place || !node || place.name === null) continue;
    const data = changed.get(place.id) ?? { ...node.data };
    if ("mine" in edit) data[place.name] = edit.mine;
    else delete data[place.name];
    changed.set(place.id, data);
  }
  return changed;
}

function editedWays(edits: Edits): Map<string, (string | null)[]> {
  const changed = new Map<string, (string | null)[]>();
  for (const [field, edit] of Object.entries(edits)) {
    const place = nodeOf(field);
    if (place?.name === null && Array.isArray(edit.mine)) changed.set(place.id, edit.mine.map((way) => (way === null ? null : String(way))));
  }
  return changed;
}

/** The flow as the edits want it; null where they are not of the flow. */
export function editedFlow(flow: unknown, drawn: Drawing, edits: Edits): Data | null {
  const [data, ways, ids] = [editedData(drawn, edits), editedWays(edits), idsIn(edits)];
  return data.size + ways.size + ids.size > 0 ? withIds(withWays(withData(flow, data), ways), ids) : null;
}

/** The drawing with the edited data and ids; nodes that are not edited are the same objects. */
export function editedDrawing(drawing: Drawing, changed: ReadonlyMap<string, Data>, ids: ReadonlyMap<string, string>, saved: unknown, flow: Data | null): Drawing {
  if (!flow) return drawing;
  const nodes = drawing.nodes.map((node) => {
    const data = changed.get(node.id) ?? node.data;
    const id = ids.get(node.id) ?? node.id;
    const group = node.group && (ids.get(node.group) ?? node.group);
    return data === node.data && id === node.id && group === node.group ? node : { ...node, id, data, group, label: nameOf(id, data) };
  });
  // Edges are read anew only where one leads from another branch: that is what changes the picture.
  return { nodes, edges: isRecord(saved) && saved.edges === flow.edges ? drawing.edges : readDrawing(flow).edges };
}

/** Saves these edits over what was read. Throws Problem, 412 where others saved meanwhile. */
export async function savePipeline({ pipeline, tag }: Saved, edits: Edits, note: string): Promise<Saved> {
  const { name, tags } = applied({ name: pipeline.name, tags: pipeline.tags }, edits);
  const flow = editedFlow(pipeline.flow, readDrawing(pipeline.flow), edits) ?? pipeline.flow;
  const told = await ask<Pipeline>("PUT", `api/v1/pipelines/${encodeURIComponent(pipeline.id)}`, {
    body: { name, tags, flow, ...(note.trim() && { note: note.trim() }) },
    headers: { "If-Match": tag },
    signal: AbortSignal.timeout(LONGEST_SAVE_MS),
  });
  return { pipeline: told.body, tag: told.headers.get("etag") ?? `"${told.body.revision}"` };
}

/** What this page knows of a pipeline is what the api just answered. */
export function useKnow(workspace: string) {
  const queries = useQueryClient();
  const readAgain = useReadAgain();
  return useCallback((saved: Saved) => {
    queries.setQueryData(pipelineKey(workspace, saved.pipeline.id), saved);
    readAgain("pipelines", workspace);
    readAgain("editor", workspace, "versions", saved.pipeline.id);
  }, [queries, readAgain, workspace]);
}
