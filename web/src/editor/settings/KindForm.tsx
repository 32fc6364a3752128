// What a node of each kind says: small forms, and JSON for all that they do not know.

import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { get, type Schema } from "../../api/client";
import { type Data, isRecord, known, textOf } from "../../api/json";
import { Button } from "../../ui/Button";
import { Notice } from "../../ui/Notice";
import { words } from "../../words";
import type { DrawnNode } from "../flow/drawing";
import { namesFor, offersFor } from "../flow/placeholders";
import { LazyText } from "../text/LazyText";
import { useSettings } from "./lookups";
import { Choice, Figure, JsonField, Typed } from "./parts";
import { unknownIn } from "./schema";
import { type FormProps, SettingsForm } from "./SettingsForm";

export type NodeProps = Omit<FormProps, "settings" | "under"> & {
  node: DrawnNode;
  /** How many of its edges go with branches that were taken away, and what has both back. */
  goneEdges: number;
  onKeepBranches: () => void;
};

const FORMS: Record<string, { known: readonly string[]; form: (props: NodeProps) => React.ReactNode }> = {
  agent: { known: ["label", "name", "agentName", "agent_id", "agentId"], form: AgentForm },
  template: { known: ["label", "template"], form: TemplateForm },
  merge: { known: ["label", "strategy", "template"], form: MergeForm },
  condition: { known: ["label", "branches"], form: ConditionForm },
  approval: { known: ["label", "prompt", "timeout_seconds", "default", "approvers"], form: ApprovalForm },
};

export function KindForm(props: NodeProps) {
  const settings = useSettings();
  const { node, data, onChange, isDisabled } = props;
  const kind = known(FORMS, node.type) ?? { known: ["label"], form: () => null };
  const Form = kind.form;
  const isAgent = node.type === "agent";
  const rest = unknownIn(data, isAgent ? (settings.data ?? []) : [], kind.known);
  return (
    <div className="stack">
      <Typed label={words.editor.label} value={textOf(data.label)} isDisabled={isDisabled} read={(text) => void onChange("label", text.trim() || undefined)} />
      <Form {...props} />
      {(!isAgent || settings.data) && rest.map((name) => (
        <JsonField key={name} label={name} about={words.editor.unknownSetting} value={data[name]} isDisabled={isDisabled} onChange={(next) => onChange(name, next)} />
      ))}
    </div>
  );
}

function AgentForm(props: NodeProps) {
  const settings = useSettings();
  const agentId = textOf(props.data.agent_id) || textOf(props.data.agentId);
  const agent = useQuery({
    queryKey: ["agents", props.workspace, agentId],
    queryFn: () => get<Schema<"AgentShape">>(`api/v1/agents/${encodeURIComponent(agentId)}`),
    enabled: Boolean(agentId),
  });
  return (
    <>
      {agentId && (
        <p className="quiet">
          {words.editor.usesAgent}{" "}
          <Link to="/w/$workspace/agents" params={{ workspace: props.workspace }} hash={agentId}>{agent.data?.name ?? agentId}</Link>. {words.editor.usesAgentWhy}
        </p>
      )}
      {settings.data ? <SettingsForm {...props} settings={settings.data} under={agent.data as Data | undefined} /> : <p role="status">{words.ui.loading}</p>}
    </>
  );
}

function Template({ data, saved, id, drawing, isDisabled, onChange }: NodeProps) {
  const names = namesFor(drawing, id, "template");
  return (
    <LazyText label={words.editor.template} about={words.editor.templateAbout} value={textOf(data.template)} saved={textOf(saved.template)}
      names={names} offers={offersFor(names, drawing)} isReadOnly={isDisabled} onChange={(text) => onChange("template", text)} />
  );
}

function TemplateForm(props: NodeProps) {
  return <Template {...props} />;
}

function MergeForm(props: NodeProps) {
  const strategy = textOf(props.data.strategy) || "concat";
  return (
    <>
      <Choice label={words.editor.strategy} value={strategy} options={Object.entries(words.editor.strategies)} isDisabled={props.isDisabled}
        onChange={(next) => props.onChange("strategy", next)} />
      {strategy === "template" && <Template {...props} />}
    </>
  );
}

function ConditionForm({ data, isDisabled, goneEdges, onKeepBranches, onChange }: NodeProps) {
  const branches = (Array.isArray(data.branches) ? data.branches : []).map((each) => (isRecord(each) ? each : {}));
  const put = (at: number, more: Data) => onChange("branches", branches.with(at, { ...branches[at], ...more }));
  const named = (at: number, handle: string) => {
    if (!handle) return words.editor.expectedName;
    if (handle === "else" || branches.some((other, place) => place !== at && other.handle === handle)) return words.editor.takenBranch;
    put(at, { handle });
    return undefined;
  };
  return (
    <fieldset className="group" disabled={isDisabled}>
      <legend>{words.editor.branches}</legend>
      {branches.map((branch, at) => (
        <div key={at} className="branch">
          <Typed label={words.editor.branch} isMono value={textOf(branch.handle)} isDisabled={isDisabled} read={(text) => named(at, text.trim())} />
          <Typed label={words.editor.expression} isMono value={textOf(branch.expression)} isDisabled={isDisabled} read={(text) => void put(at, { expression: text })} />
          <Button look="quiet" small isDisabled={isDisabled} aria-label={`${words.editor.remove} ${textOf(branch.handle)}`} onPress={() => onChange("branches", branches.toSpliced(at, 1))}>✕</Button>
        </div>
      ))}
      <div className="row"><Button small isDisabled={isDisabled} onPress={() => onChange("branches", [...branches, { handle: `branch_${branches.length + 1}`, expression: "false" }])}>{words.editor.addBranch}</Button></div>
      {goneEdges > 0 && <Notice tone="wait" actions={<Button small isDisabled={isDisabled} onPress={onKeepBranches}>{words.editor.keepBranches}</Button>}>{words.editor.goneEdges(goneEdges)}</Notice>}
      <div className="quiet small">{words.editor.branchesAbout}</div>
    </fieldset>
  );
}

function ApprovalForm({ data, isDisabled, onChange, saved }: NodeProps) {
  return (
    <>
      <LazyText label={words.editor.question} about={words.editor.questionAbout} value={textOf(data.prompt)} saved={textOf(saved.prompt)} isReadOnly={isDisabled} onChange={(text) => onChange("prompt", text || undefined)} />
      <Figure label={words.editor.until} about={words.editor.untilAbout} value={data.timeout_seconds} least={1} most={2_592_000} isWhole isDisabled={isDisabled} onChange={(next) => onChange("timeout_seconds", next)} />
      <Choice label={words.editor.byDefault} value={textOf(data.default)} options={Object.entries(words.editor.defaults)} isDisabled={isDisabled} onChange={(next) => onChange("default", next || undefined)} />
      <Typed label={words.editor.approvers} about={words.editor.approversAbout} value={Array.isArray(data.approvers) ? data.approvers.join(", ") : ""} isDisabled={isDisabled}
        read={(text) => { const some = text.split(",").map((each) => each.trim()).filter(Boolean); onChange("approvers", some.length ? some : undefined); return undefined; }} />
    </>
  );
}
