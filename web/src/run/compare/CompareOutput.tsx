import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Notice, Refused } from "../../ui/Notice";
import { bytes } from "../../ui/figures";
import { words } from "../../words";
import { type Compared, outputOf } from "./compared";
import type { Pair, Side } from "./steps";
import { MOST_COMPARED, wordsBetween } from "./pieces";

interface Two {
  pair: Pair;
  label: string;
  workspace: string;
  own: Compared;
  other: Compared;
}

/** What a step put out in either run: by words, what was put in and what was taken out. */
export function CompareOutput({ pair, label, workspace, own, other }: Two) {
  const mine = useOutput(workspace, own.run, pair.own), its = useOutput(workspace, other.run, pair.other);
  return (
    <section className="sheet stack" aria-label={`${words.time.output}: ${label}`}>
      <h2>{label}</h2>
      <Fault side={pair.own} title={words.time.own} />
      <Fault side={pair.other} title={words.time.other} />
      {mine.error || its.error ? <Refused error={mine.error ?? its.error} />
        : mine.size > MOST_COMPARED || its.size > MOST_COMPARED ? <Notice>{words.time.tooLong} {bytes(its.size)} → {bytes(mine.size)}</Notice>
        : mine.text === undefined || its.text === undefined ? <p className="quiet" role="status">{words.ui.loading}</p>
        : <Words before={its.text} after={mine.text} />}
    </section>
  );
}

function Fault({ side, title }: { side: Side | null; title: string }) {
  const error = side?.view.error;
  return error ? <Notice tone="bad" title={title}><code>{error.code}</code> {error.message}</Notice> : null;
}

function Words({ before, after }: { before: string; after: string }) {
  const pieces = useMemo(() => wordsBetween(before, after), [before, after]);
  if (!before && !after) return <p className="quiet">{words.time.noOutput}</p>;
  if (!pieces) return <Notice>{words.time.tooLong}</Notice>;
  return (
    <>
      {before === after && <p className="quiet small">{words.time.sameText}</p>}
      <div className="compared" tabIndex={0} role="region" aria-label={words.time.output}>
        {pieces.map(({ text, is }, at) => is === "added" ? <ins key={at}>{text}</ins> : is === "removed" ? <del key={at}>{text}</del> : <span key={at}>{text}</span>)}
      </div>
    </>
  );
}

// A step that put nothing out has an empty text; one that passes a text on has none of its own.
function useOutput(workspace: string, run: string, side: Side | null): { text: string | undefined; size: number; error: unknown } {
  const blob = side?.view.blob ?? null;
  const isAsked = blob !== null && blob.size_bytes <= MOST_COMPARED;
  const found = useQuery({
    queryKey: ["run", workspace, run, "output", side?.step, blob?.blob],
    queryFn: ({ signal }) => outputOf(workspace, run, side!.step, signal),
    enabled: isAsked,
    staleTime: Infinity,
  });
  const text = isAsked ? found.data : (side?.view.words.text ?? "");
  return { text, size: blob?.size_bytes ?? text?.length ?? 0, error: found.error };
}
