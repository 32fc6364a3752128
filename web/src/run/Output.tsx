// A text that was put out or came in: as it is, by stretches if it is large, to copy and to save.

import { useState } from "react";
import type { Blob } from "../log/index";
import { Button } from "../ui/Button";
import { bytes } from "../ui/figures";
import { words } from "../words";
import { Copy } from "./Copy";
import { firstWords } from "./life";
import { LargeText } from "./LargeText";
import { Markdown } from "./Markdown";
import { save } from "./pages";

const SHOWN = 2_000;

/** Where a text stands, relative to the console, for the address the api gives of it. */
export function pathOf({ url }: { url: string }): string {
  return url.replace(/^\/+/, "");
}

export function Output({ title, text, name, isJson = false }: { title: string; text: string | Pick<Blob, "url" | "size_bytes">; name: string; isJson?: boolean }) {
  const [isRaw, setRaw] = useState(false);
  if (typeof text !== "string") {
    return (
      <section className="run-output">
        <h3>{title}</h3>
        <LargeText path={pathOf(text)} size={text.size_bytes} name={`${name}.txt`} />
      </section>
    );
  }
  return (
    <section className="run-output">
      <div className="spread">
        <h3>{title}</h3>
        <span className="row run-tools">
          {!isJson && <Button look="quiet" small aria-pressed={isRaw} onPress={() => setRaw(!isRaw)}>{isRaw ? words.run.formatted : words.run.raw}</Button>}
          <Copy text={() => text} />
          <Button look="quiet" small onPress={() => save(text, `${name}.${isJson ? "json" : "md"}`)}>{words.ui.download}</Button>
        </span>
      </div>
      {text === "" ? <p className="quiet">{words.run.emptyText}</p> : isJson ? <Json text={text} /> : <Markdown text={text} isRaw={isRaw} />}
    </section>
  );
}

/** JSON as people read it, or the text as it is. */
export function Json({ text }: { text: string }) {
  return <pre className="verbatim mono run-json" dir="auto">{pretty(text)}</pre>;
}

export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** A text that is there to be looked up: its beginning, and the rest when it is asked for. */
export function Folded({ title, text, name, isJson = false }: { title: string; text: string | Pick<Blob, "url" | "size_bytes">; name: string; isJson?: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const size = typeof text === "string" ? text.length : text.size_bytes;
  return (
    <details className="run-folded" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span className="clip">{title}</span>
        {!isOpen && typeof text === "string" && <span className="run-folded-gist quiet small clip" dir="auto">{firstWords(text, 80)}</span>}
        <span className="quiet small number">{bytes(size)}</span>
      </summary>
      {isOpen && (typeof text !== "string" ? <LargeText path={pathOf(text)} size={text.size_bytes} name={`${name}.txt`} /> : <Short text={text} name={name} isJson={isJson} />)}
    </details>
  );
}

function Short({ text, name, isJson }: { text: string; name: string; isJson: boolean }) {
  const [isWhole, setWhole] = useState(false);
  const full = isJson ? pretty(text) : text;
  const isLong = full.length > SHOWN && !isWhole;
  return (
    <div className="run-folded-body">
      <pre className={isJson ? "verbatim mono" : "verbatim"} dir="auto">{isLong ? `${full.slice(0, SHOWN)}…` : full}</pre>
      <span className="row">
        {isLong && <Button look="quiet" small onPress={() => setWhole(true)}>{words.ui.more}</Button>}
        <Copy text={() => text} />
        <Button look="quiet" small onPress={() => save(text, `${name}.txt`)}>{words.ui.download}</Button>
      </span>
    </div>
  );
}
