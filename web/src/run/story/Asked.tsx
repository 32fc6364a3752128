// What a step was asked, exactly: its settings as they ran, its instructions with the variables filled in,
// and what each step before it passed on.

import { useMemo, useState } from "react";
import { get } from "../../api/client";
import { Refused } from "../../ui/Notice";
import { words } from "../../words";
import { useRunPage, useShown, useStep } from "../context";
import type { StepNode } from "../graph/drawing";
import { Folded } from "../text/Output";
import { useStepDetail } from "./stepDetail";
import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";

const TEXTS = ["instructions", "template", "prompt"] as const;

export function Asked({ node }: { node: StepNode }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="run-folded run-asked" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.run.asked}</summary>
      {isOpen && <Request node={node} />}
    </details>
  );
}

function Request({ node }: { node: StepNode }) {
  const { run } = useRunPage();
  const step = useStep(node.step);
  const { requested } = useShown();
  const detail = useStepDetail(node.step, `${step?.status ?? ""}${step?.attempt ?? 0}`);
  const variables = (requested?.variables ?? {}) as Record<string, string>;
  const data = node.data ?? {};
  const settings = useMemo(() => JSON.stringify(Object.fromEntries(Object.entries(data).filter(([key]) => !TEXTS.some((each) => each === key))), null, 2), [data]);
  const received = detail.data?.inputs.received ?? [];
  return (
    <div className="run-request">
      <Refused error={detail.error} />
      {TEXTS.map((key) => typeof data[key] === "string" && (
        <Folded key={key} title={words.run[key]} text={key === "instructions" ? filled(data[key], variables) : data[key]} name={`${run}-${node.node}-${key}`} />
      ))}
      {received.map((each) => <Passed key={each.step} step={each.step} node={each.node} />)}
      {received.length === 0 && detail.data && node.after.length === 0 && <RunInput />}
      {settings !== "{}" && <Folded title={words.run.settings} text={settings} name={`${run}-${node.node}-settings`} isJson />}
    </div>
  );
}

function Passed({ step, node }: { step: number; node: string }) {
  const { run, steps } = useRunPage();
  return <Folded title={`${words.run.from} ${steps[step]?.label ?? node}`} text={usePassed(step)} name={`${run}-${node}`} />;
}

/** What a step put out; one that only passes text on is asked for it. */
export function usePassed(step: number) {
  const { run, workspace } = useRunPage();
  const known = useStep(step);
  const own = known?.blob ?? (known?.words.text ? known.words.text : null);
  const read = useQuery({
    queryKey: ["run", workspace, run, "passed", step], enabled: own === null, staleTime: Infinity,
    queryFn: ({ signal }) => get<Schema<"StepDetail">>(`api/v1/runs/${run}/steps/${step}`, undefined, signal),
  });
  return own ?? read.data?.output ?? "";
}

function RunInput() {
  const { run } = useRunPage();
  const { requested } = useShown();
  const input = requested?.input;
  if (typeof input !== "string" && (typeof input !== "object" || input === null)) return null;
  return <Folded title={words.run.input} text={input as string} name={`${run}-input`} />;
}

/** Instructions as the model got them: each `{{name}}` is a variable's value, if there is one. */
export function filled(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{\s*(?:variables\.)?([\w.-]+)\s*\}\}/g, (whole, name: string) => (Object.hasOwn(variables, name) ? variables[name]! : whole));
}
