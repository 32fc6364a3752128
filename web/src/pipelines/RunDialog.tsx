// Starting a run: what is typed is kept for each pipeline, also when it was closed or refused.

import { useNavigate } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { call, get, isMissing, Problem, type Schema } from "../api/client";
import { isRecord, textOf } from "../api/json";
import { Deleted } from "../editor/Deleted";
import { pipelineKey, readPipeline } from "../editor/pipeline";
import { readDrawing } from "../editor/flow/drawing";
import { variablesOf } from "../editor/flow/placeholders";
import { Choice, Figure } from "../editor/settings/parts";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { Notice, Refused } from "../ui/Notice";
import { Sheet } from "../ui/Sheet";
import { words } from "../words";
import { bodyOf, EMPTY, type Form, keepForm, keptForm } from "./runForm";

export function RunDialog({ workspace, id, name, isChanged = false, onClose }: {
  workspace: string;
  id: string;
  name: string;
  /** There are edits that are not saved: they are not run. */
  isChanged?: boolean;
  onClose: () => void;
}) {
  const place = `${workspace}/${id}`;
  const [form, setForm] = useState<Form>(() => keptForm(place) ?? EMPTY);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const navigate = useNavigate();
  const saved = useQuery({ queryKey: pipelineKey(workspace, id), queryFn: ({ signal }) => readPipeline(id, signal) });
  const aliases = useQuery({ queryKey: ["editor", workspace, "versions", id, "aliases"], queryFn: () => get<Schema<"AliasList">>(`api/v1/pipelines/${encodeURIComponent(id)}/aliases`) });
  const variables = useVariables(workspace, saved.data?.pipeline.flow);
  const missing = error instanceof Problem && Array.isArray(error.members.variables) ? error.members.variables : [];
  const put = (more: Partial<Form>) => {
    const next = { ...form, ...more };
    setForm(next);
    keepForm(place, next);
  };
  const start = async () => {
    if (isBusy) return;
    setBusy(true);
    setError(null);
    try {
      const run = await call<Schema<"Accepted">>("POST", "api/v1/runs", { body: bodyOf(id, form, variables) });
      await navigate({ to: "/w/$workspace/runs/$run", params: { workspace, run: run.run_id } });
    } catch (wrong) {
      setError(wrong);
      setBusy(false);
      if (isMissing(wrong)) void saved.refetch();
    }
  };
  return (
    <Sheet title={`${words.pipelines.run} ${name}`} isOpen onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); void start(); }}
        onKeyDown={(event) => { if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) { event.preventDefault(); void start(); } }}>
        {isChanged && <Notice tone="wait">{words.pipelines.runsSaved}</Notice>}
        <Field label={words.pipelines.input} about={words.pipelines.inputAbout} lines={5} value={form.input} onChange={(input) => put({ input })} autoFocus />
        {variables.map((variable) => (
          <Field key={variable} label={variable} about={words.pipelines.variableAbout} wrong={missing.includes(variable) && !form.variables[variable] ? words.pipelines.neededVariable : undefined} value={form.variables[variable] ?? ""} onChange={(value) => put({ variables: { ...form.variables, [variable]: value } })} />
        ))}
        <details>
          <summary>{words.pipelines.more}</summary>
          <div className="settings-grid">
            <Choice label={words.pipelines.version} value={form.alias} onChange={(alias) => put({ alias })}
              options={[["", words.pipelines.newest], ...(aliases.data?.items ?? []).map((each) => [each.alias, `${each.alias} (${each.number})`] as const)]} />
            <Choice label={words.pipelines.priority} about={words.pipelines.priorityAbout} value={form.priority} options={Object.entries(words.pipelines.priorities)} onChange={(priority) => put({ priority: priority === "batch" ? "batch" : "interactive" })} />
            <Figure label={words.pipelines.deadline} value={form.deadline} least={1} most={2_592_000} isWhole onChange={(deadline) => put({ deadline: deadline ?? null })} />
            <Figure label={words.pipelines.tokens} value={form.tokens} least={1} most={null} isWhole onChange={(tokens) => put({ tokens: tokens ?? null })} />
            <Field label={words.pipelines.tags} about={words.pipelines.tagsAbout} value={form.tags} onChange={(tags) => put({ tags })} />
            <Field label={words.pipelines.startAt} about={words.pipelines.startAtAbout} type="datetime-local" value={form.startAt} onChange={(startAt) => put({ startAt })} />
          </div>
        </details>
        {isMissing(saved.error) ? <Deleted workspace={workspace} id={id} onBack={() => { setError(null); void saved.refetch(); }} /> : <Refused error={error} />}
        <div className="row">
          <Button type="submit" look="main" isDisabled={isBusy}>{form.startAt ? words.pipelines.schedule : words.pipelines.start}</Button>
          <Button onPress={onClose}>{words.ui.cancel}</Button>
          <span className="quiet small">{words.pipelines.startKeys}</span>
        </div>
      </form>
    </Sheet>
  );
}

/** The variables of the flow and of the agents that it names. */
function useVariables(workspace: string, flow: unknown): string[] {
  const drawing = useMemo(() => readDrawing(flow), [flow]);
  const ids = useMemo(() => [...new Set(drawing.nodes.map((node) => textOf(node.data.agent_id) || textOf(node.data.agentId)).filter(Boolean))].slice(0, 50), [drawing]);
  const agents = useQuery({
    queryKey: ["pipelines", workspace, "instructions", ids],
    queryFn: () => Promise.all(ids.map((agent) => get<unknown>(`api/v1/agents/${encodeURIComponent(agent)}`).catch(() => null))),
    enabled: ids.length > 0,
  });
  return useMemo(() => {
    const named = (agents.data ?? []).filter(isRecord).map((agent, at) => ({ id: `${at}`, type: "agent", label: "", data: agent, place: null, group: null }));
    const own = drawing.nodes.filter((node) => node.type !== "agent" || node.data.instructions !== undefined);
    return variablesOf({ nodes: [...own, ...named], edges: [] });
  }, [agents.data, drawing]);
}
