// A text that was put out or came in: as it is, by stretches if it is large, to copy and to save.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Blob } from "../../log/index";
import { Button } from "../../ui/Button";
import { bytes, firstWords } from "../../ui/figures";
import { Refused } from "../../ui/Notice";
import { words } from "../../words";
import { useRunPage } from "../context";
import { Copy } from "./Copy";
import { LargeText } from "../lazyParts";
import { Markdown } from "./Markdown";
import { readWhole, save } from "./stretches";

const SHOWN = 2_000;
const READ_WHOLE = 64 << 10;

/** Where a text stands, relative to the console, for the address the api gives of it. */
export function pathOf({ url }: { url: string }): string {
  return url.replace(/^\/+/, "");
}

export interface Shown {
  title: string;
  text: string | Pick<Blob, "url" | "size_bytes">;
  name: string;
  isJson?: boolean;
}

/** What was put out. A text that no fact carries is read whole where that is little, else by stretches. */
export function Output({ text, ...rest }: Shown) {
  if (typeof text === "string") return <Whole text={text} {...rest} />;
  if (text.size_bytes <= READ_WHOLE) return <Read blob={text} {...rest} />;
  return (
    <section className="run-output">
      <h3>{rest.title}</h3>
      <LargeText path={pathOf(text)} size={text.size_bytes} name={`${rest.name}.txt`} />
    </section>
  );
}

function Read({ blob, ...rest }: Omit<Shown, "text"> & { blob: Pick<Blob, "url" | "size_bytes"> }) {
  const { workspace } = useRunPage();
  const path = pathOf(blob);
  const read = useQuery({
    queryKey: ["run", workspace, "whole", path], staleTime: Infinity, queryFn: async () => (await readWhole(path, workspace)).text(),
  });
  if (read.data !== undefined) return <Whole text={read.data} {...rest} />;
  return <section className="run-output"><h3>{rest.title}</h3>{read.error ? <Refused error={read.error} /> : <p className="quiet" role="status">{words.ui.loading}</p>}</section>;
}

function Whole({ title, text, name, isJson = false }: Omit<Shown, "text"> & { text: string }) {
  const [isRaw, setRaw] = useState(false);
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
export function Folded({ title, text, name, isJson = false }: Shown) {
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
