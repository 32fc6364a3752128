import type { Citation } from "../../log/index";

/** A source, and each thing that was taken from it. */
export interface Source {
  readonly url: string | null;
  readonly title: string | null;
  readonly texts: readonly string[];
}

/** The sources of an answer in the order in which they were first named, each once. */
export function sourcesOf(citations: readonly Citation[]): readonly Source[] {
  const found = new Map<string, { url: string | null; title: string | null; texts: string[] }>();
  for (const { url, title, text } of citations) {
    const key = JSON.stringify([url, title]);
    const source = found.get(key) ?? { url, title, texts: [] };
    found.set(key, source);
    if (text && !source.texts.includes(text)) source.texts.push(text);
  }
  return [...found.values()];
}
