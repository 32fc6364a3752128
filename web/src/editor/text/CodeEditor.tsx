// CodeMirror with a label, in the colours of the console. Loaded when it is first shown: LazyText.tsx.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { linter } from "@codemirror/lint";
import { unifiedMergeView } from "@codemirror/merge";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers, placeholder as ghost } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { holes } from "./holes";
import { type CodeProps, HEAVY } from "./LazyText";

const COLOURS = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent)" },
  { tag: tags.string, color: "var(--ink)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--retrying)" },
]);
const PAUSE_MS = 150;

export function CodeEditor({ value, onChange, label, language = "text", names, offers, saved, isReadOnly = false, placeholder, describedBy }: CodeProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const said = useRef(value);
  const change = useRef(onChange);
  change.current = onChange;
  const known = useRef({ names, offers });
  known.current = { names, offers };
  const parts = useRef({ access: new Compartment(), diff: new Compartment() });

  useEffect(() => {
    const pause = new Pause(() => {
      const text = view.current?.state.doc.toString() ?? "";
      if (text === said.current) return;
      said.current = text;
      change.current(text);
    });
    const made = new EditorView({
      parent: place.current ?? document.body,
      state: EditorState.create({
        doc: value,
        extensions: [
          ...ground(label, placeholder, describedBy),
          parts.current.access.of(accessOf(isReadOnly)),
          parts.current.diff.of([]),
          languageOf(language, value.length),
          names ? holes(() => known.current) : [],
          EditorView.updateListener.of((update) => { if (update.docChanged) pause.begin(); }),
          EditorView.domEventHandlers({ blur: () => pause.end() }),
        ],
      }),
    });
    view.current = made;
    const leave = () => pause.end();
    addEventListener("pagehide", leave);
    return () => {
      pause.end();
      removeEventListener("pagehide", leave);
      made.destroy();
      view.current = null;
    };
    // What it is of is made anew by its key; what changes within it is told below.
  }, []);

  useEffect(() => {
    const now = view.current;
    if (!now || value === said.current) return;
    said.current = value;
    now.dispatch({ changes: { from: 0, to: now.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => {
    view.current?.dispatch({ effects: parts.current.access.reconfigure(accessOf(isReadOnly)) });
  }, [isReadOnly]);
  useEffect(() => {
    const diff = saved !== undefined ? unifiedMergeView({ original: saved, mergeControls: false, collapseUnchanged: { margin: 2, minSize: 6 } }) : [];
    view.current?.dispatch({ effects: parts.current.diff.reconfigure(diff) });
  }, [saved]);

  return <div ref={place} className="code" />;
}

/** What was typed is told in pauses: the text of two megabytes is not read at every key. */
class Pause {
  private timer: ReturnType<typeof setTimeout> | null = null;
  constructor(private readonly tell: () => void) {}

  begin(): void {
    this.timer ??= setTimeout(() => this.end(), PAUSE_MS);
  }

  end(): void {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.tell();
  }
}

function ground(label: string, placeholder: string | undefined, describedBy: string | undefined): Extension[] {
  return [
    history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(), autocompletion({ icons: false }),
    EditorView.lineWrapping, syntaxHighlighting(COLOURS), placeholder ? ghost(placeholder) : [],
    keymap.of([...closeBracketsKeymap, ...defaultKeymap.filter((each) => each.key !== "Mod-Enter"), ...historyKeymap, ...completionKeymap]),
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", ...(describedBy && { "aria-describedby": describedBy }) }),
  ];
}

function accessOf(isReadOnly: boolean): Extension {
  return isReadOnly ? [EditorState.readOnly.of(true), EditorView.contentAttributes.of({ "aria-readonly": "true" })] : [];
}

function languageOf(language: CodeProps["language"], size: number): Extension {
  if (language !== "json") return [];
  const lint = linter(jsonParseLinter(), { delay: 400 });
  return [lineNumbers(), keymap.of([{ ...indentWithTab, key: "Ctrl-]" }]), size < HEAVY ? [json(), lint] : []];
}
