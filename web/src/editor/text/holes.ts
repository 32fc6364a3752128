// Placeholders in a text: marked as they are seen, completed as they are typed.

import { type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { EditorState, type Extension } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, MatchDecorator, ViewPlugin, type ViewUpdate } from "@codemirror/view";
import { isWrong, judge, type Names, type Offer } from "../flow/placeholders";

export interface Known {
  names: Names | undefined;
  offers: readonly Offer[] | undefined;
}

export function holes(known: () => Known): Extension {
  const marks = new MatchDecorator({
    regexp: /\{\{([^{}\n]{1,2000})\}\}/g,
    maxLength: 2000,
    decorate: (add, from, to, match) => {
      const { names } = known();
      const verdict = names ? judge((match[1] ?? "").trim(), names) : "text";
      if (verdict !== "text") add(from, to, Decoration.mark({ class: isWrong(verdict) ? "hole is-wrong" : "hole" }));
    },
  });
  const plugin = ViewPlugin.fromClass(class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = marks.createDeco(view);
    }
    update(update: ViewUpdate) {
      this.decorations = marks.updateDeco(update, this.decorations);
    }
  }, { decorations: (value) => value.decorations });
  return [plugin, EditorState.languageData.of(() => [{ autocomplete: (context: CompletionContext) => complete(context, known()) }])];
}

function complete(context: CompletionContext, { offers }: Known): CompletionResult | null {
  const before = context.matchBefore(/\{\{\s*[^{}\n]*/);
  if (!before || !offers) return null;
  const from = before.from + (before.text.match(/^\{\{\s*/)?.[0].length ?? 2);
  const isClosed = /^\s*\}\}/.test(context.state.sliceDoc(context.pos, context.pos + 8));
  return {
    from,
    validFor: /^[^{}\n]*$/,
    options: offers.map(({ text, about }) => ({ label: text, detail: about, apply: isClosed ? text : `${text}}}` })),
  };
}
