// The sources that a model named for its answer: each once, with what it took from it.

import { useState } from "react";
import type { Citation } from "../../log/index";
import { Away } from "../../ui/Away";
import { Button } from "../../ui/Button";
import { safeUrl } from "../../ui/safeUrl";
import { words } from "../../words";
import { sourcesOf } from "./sourcesOf";
import "./sources.css";

const SHOWN = 10;
const LONGEST = 400;

/** `leftOut`: how many more there were than the step's outcome holds. */
export function Sources({ citations, leftOut }: { citations: readonly Citation[]; leftOut: number }) {
  const [isAll, showAll] = useState(false);
  const sources = sourcesOf(citations);
  return (
    <section>
      <h3>{words.run.sources}</h3>
      <ol className="run-sources small">
        {(isAll ? sources : sources.slice(0, SHOWN)).map(({ url, title, texts }, at) => {
          const safe = safeUrl(url);
          return (
            <li key={at}>
              <Away url={url}><bdi>{title ?? url ?? words.run.document}</bdi></Away>
              {safe && <span className="quiet run-source-place">{new URL(safe).host}</span>}
              {texts.map((text, place) => <blockquote key={place} dir="auto">{text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}</blockquote>)}
            </li>
          );
        })}
      </ol>
      {!isAll && sources.length > SHOWN && <Button look="quiet" small onPress={() => showAll(true)}>{words.ui.more} ({sources.length - SHOWN})</Button>}
      {leftOut > 0 && <p className="quiet small">{words.run.sourcesLeftOut} {leftOut}</p>}
    </section>
  );
}
