// What happens to the runs of the workspace, heard over one stream.

import { useEffect, useRef, useState } from "react";
import { urlOf } from "../api/client";

export interface Happened {
  readonly type: string;
  readonly run: string;
}

const TOGETHER_MS = 700;
const TYPES = [
  "run.requested", "run.started", "run.cancel_requested", "run.completed", "run.failed", "run.cancelled",
  "step.waiting", "step.decided",
];

/** Hears the lifecycle of all runs from now on; `call` is told what happened together. Returns what ends it. */
export function hearRuns(workspace: string, call: (happened: readonly Happened[]) => void, onLink: (isLive: boolean) => void): () => void {
  const source = new EventSource(urlOf("api/v1/events", { workspace, unnamed: 1, types: TYPES.join(",") }));
  let heard: Happened[] = [];
  let timer = 0;
  const tell = () => {
    timer = 0;
    const told = heard;
    heard = [];
    call(told);
  };
  source.onopen = () => onLink(true);
  source.onerror = () => onLink(false);
  source.onmessage = ({ data }: MessageEvent<string>) => {
    heard.push(JSON.parse(data) as Happened);
    timer ||= window.setTimeout(tell, TOGETHER_MS);
  };
  return () => {
    source.close();
    clearTimeout(timer);
  };
}

/** The same for as long as a page is there. True while it is heard. */
export function useHappenings(workspace: string, call: (happened: readonly Happened[]) => void): boolean {
  const [isLive, setLive] = useState(true);
  const current = useRef(call);
  useEffect(() => { current.current = call; });
  useEffect(() => hearRuns(workspace, (happened) => current.current(happened), setLive), [workspace]);
  return isLive;
}
