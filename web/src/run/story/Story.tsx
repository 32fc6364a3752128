// What is chosen, told: nothing chosen is the run, a node its step.

import { useEffect, useRef } from "react";
import { words } from "../../words";
import { useRunPage, useStep } from "../context";
import { RunStory } from "./RunStory";
import { StepStory } from "./StepStory";
import "./story.css";

export function Story() {
  const { selected, steps, at } = useRunPage();
  const node = selected === null ? undefined : steps[selected];
  const step = useStep(selected);
  const scroll = useFollowed(at === null && step?.status === "running");
  return (
    <section ref={scroll} className="run-story" aria-label={node?.label ?? words.run.story} tabIndex={0}>
      {node ? <StepStory key={node.step} node={node} /> : <RunStory />}
    </section>
  );
}

// Words that come stay in sight of who looks at the last of them.
function useFollowed(isComing: boolean) {
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    const area = place.current, inner = area?.firstElementChild;
    if (!area || !inner || !isComing) return undefined;
    let isAtEnd = area.scrollHeight - area.scrollTop - area.clientHeight < 40;
    const look = () => { isAtEnd = area.scrollHeight - area.scrollTop - area.clientHeight < 40; };
    const grown = new ResizeObserver(() => { if (isAtEnd) area.scrollTop = area.scrollHeight; });
    area.addEventListener("scroll", look, { passive: true });
    grown.observe(inner);
    return () => { area.removeEventListener("scroll", look); grown.disconnect(); };
  }, [isComing]);
  return place;
}
