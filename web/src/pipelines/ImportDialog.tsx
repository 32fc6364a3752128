import { type DragEvent, useEffect, useMemo, useState } from "react";
import { FileTrigger } from "react-aria-components";
import { useReadAgain } from "../api/again";
import { call, type Schema } from "../api/client";
import { KINDS } from "../editor/flow/drawing";
import { Choice } from "../editor/settings/parts";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { Notice, Refused } from "../ui/Notice";
import { Sheet } from "../ui/Sheet";
import { words } from "../words";
import { foreignTypes, likely, pasted, translated } from "./foreign";

type FlowProblem = Schema<"FlowProblem">;
const LARGEST = 16 << 20;
const MOST_NODES_SHOWN = 60;
const MOST_TYPES_SHOWN = 40;
const NOTHING = { judged: null, refused: null };

/** A pipeline from a text or a file: one that was exported, or the flow of any React Flow canvas. */
export function ImportDialog({ onClose, onOpen }: { onClose: () => void; onOpen: (id: string) => void }) {
  const readAgain = useReadAgain();
  const [text, setText] = useState("");
  const [name, setName] = useState("");
  const [types, setTypes] = useState<ReadonlyMap<string, string>>(new Map());
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const found = useMemo(() => pasted(text), [text]);
  const foreign = useMemo(() => (found.kind === "flow" ? foreignTypes(found.flow) : new Map<string, number>()), [found]);
  useEffect(() => setTypes(new Map([...foreign.keys()].map((type) => [type, likely(type)]))), [foreign]);
  const flow = useMemo(() => (found.kind === "flow" ? translated(found.flow, new Map([...types].filter(([, to]) => to))) : null), [found, types]);
  const { judged, refused } = useJudged(found.kind === "export" ? found.document.flow : flow);

  const read = async (file: File | undefined) => {
    if (!file) return;
    if (file.size > LARGEST) return setError(new Error(words.pipelines.fileTooLarge));
    setError(null);
    setText(await file.text());
  };
  const make = async (copy = false) => {
    setBusy(true);
    setError(null);
    try {
      onOpen(await made());
    } catch (wrong) {
      setError(wrong);
      setBusy(false);
    } finally {
      readAgain("pipelines");
    }
    async function made(): Promise<string> {
      if (found.kind !== "export") return (await call<Schema<"PipelineShape">>("POST", "api/v1/pipelines", { body: { name: title, flow } })).id;
      const query = { name: name.trim() || null, on_taken: copy ? "copy" : null };
      return (await call<Schema<"Imported">>("POST", "api/v1/pipelines/import", { body: found.document, query })).pipeline.id;
    }
  };
  const title = name.trim() || ("name" in found && found.name) || words.pipelines.imported;
  const isReady = found.kind === "export" || found.kind === "flow";
  const isTaken = error instanceof Error && "code" in error && error.code === "name_taken";

  return (
    <Sheet title={words.pipelines.importTitle} isOpen onClose={onClose} wide>
      <div className="drop stack" onDragOver={(event) => event.preventDefault()} onDrop={(event: DragEvent) => { event.preventDefault(); void read(event.dataTransfer.files[0]); }}>
        <Field label={words.pipelines.paste} about={words.pipelines.pasteAbout} lines={8} mono value={text.length > 200_000 ? words.pipelines.longText : text} isReadOnly={text.length > 200_000} onChange={setText} autoFocus />
        <div className="row">
          <FileTrigger acceptedFileTypes={["application/json", ".json"]} onSelect={(files) => void read(files?.[0])}><Button small>{words.pipelines.chooseFile}</Button></FileTrigger>
          {text && <Button small look="quiet" onPress={() => setText("")}>{words.pipelines.clear}</Button>}
        </div>
      </div>
      {found.kind === "wrong" && <Notice tone="bad" title={words.pipelines.wrong[found.why]}>{found.detail && <p><code>{found.detail}</code></p>}</Notice>}
      {isReady && <Field label={words.pipelines.name} value={name} onChange={setName} placeholder={title} />}
      {foreign.size > 0 && (
        <fieldset className="group">
          <legend>{words.pipelines.foreign}</legend>
          <p className="quiet small">{words.pipelines.foreignWhy}</p>
          <div className="settings-grid">
            {[...foreign].slice(0, MOST_TYPES_SHOWN).map(([type, count]) => (
              <Choice key={type} label={`${type} (${count})`} value={types.get(type) ?? ""} onChange={(to) => setTypes(new Map([...types, [type, to]]))}
                options={[["", words.pipelines.leaveType], ...KINDS.map((kind) => [kind, words.editor.kinds[kind]] as const)]} />
            ))}
          </div>
          {foreign.size > MOST_TYPES_SHOWN && <p className="quiet small">{(foreign.size - MOST_TYPES_SHOWN).toLocaleString("en")} {words.pipelines.moreTypes}</p>}
        </fieldset>
      )}
      {found.kind === "flow" && judged && <ByNode problems={judged} />}
      {!error && <Refused error={refused} />}
      <Refused error={error} {...(isTaken && { actions: <Button small onPress={() => void make(true)}>{words.pipelines.importCopy}</Button> })} />
      <div className="row">
        <Button look="main" isDisabled={!isReady || isBusy} onPress={() => void make()}>{found.kind === "flow" && judged && judged.length > 0 ? words.pipelines.importAnyway : words.pipelines.import}</Button>
        <Button onPress={onClose}>{words.ui.cancel}</Button>
      </div>
    </Sheet>
  );
}

/** What is wrong with it, node by node. */
function ByNode({ problems }: { problems: readonly FlowProblem[] }) {
  const byNode = new Map<string, FlowProblem[]>();
  for (const problem of problems) {
    const node = problem.nodes[0] ?? "";
    byNode.set(node, [...(byNode.get(node) ?? []), problem]);
  }
  if (problems.length === 0) return <Notice tone="good">{words.pipelines.ready}</Notice>;
  return (
    <Notice tone="wait" title={`${problems.length.toLocaleString("en")} ${words.pipelines.toMend}`}>
      <ul>
        {[...byNode].slice(0, MOST_NODES_SHOWN).map(([node, all]) => (
          <li key={node}>{node && <code>{node}</code>} {all.map((each) => each.message).join("; ")}</li>
        ))}
      </ul>
      {byNode.size > MOST_NODES_SHOWN && <p>{(byNode.size - MOST_NODES_SHOWN).toLocaleString("en")} {words.pipelines.moreNodes}</p>}
    </Notice>
  );
}

/** What is wrong with a flow, and why the api does not look at it at all. */
function useJudged(flow: unknown): { judged: FlowProblem[] | null; refused: unknown } {
  const [found, setFound] = useState<{ judged: FlowProblem[] | null; refused: unknown }>(NOTHING);
  useEffect(() => {
    setFound(NOTHING);
    if (!flow) return;
    const control = new AbortController();
    const timer = setTimeout(() => {
      call<Schema<"Validation">>("POST", "api/v1/flows/validate", { body: { flow }, signal: control.signal }).then(
        (said) => setFound({ judged: [...said.problems, ...(said.warnings ?? [])], refused: null }),
        (refused: unknown) => { if (!control.signal.aborted) setFound({ judged: null, refused }); },
      );
    }, 300);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [flow]);
  return found;
}
