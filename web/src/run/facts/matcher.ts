// A pattern is matched in a worker, which is ended when it takes too long.

import type { Matcher } from "./search";
import type { MatchAsked, MatchTold } from "./searchWorker";

const LONGEST_MS = 2_000;
const AT_ONCE = 1_000;

/** A matcher that gives up on a pattern once a thousand texts have taken it two seconds. */
export function workerMatcher(): Matcher {
  let worker: Worker | null = null;
  let number = 0;

  function once(source: string, flags: string, texts: readonly string[]): Promise<readonly boolean[]> {
    worker ??= new Worker(new URL("./searchWorker.ts", import.meta.url), { type: "module" });
    const asked: MatchAsked = { number: ++number, source, flags, texts };
    const at = worker;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => { end(); reject(new Error("slow")); }, LONGEST_MS);
      const heard = ({ data }: MessageEvent<MatchTold>) => {
        if (data.number !== asked.number) return;
        clearTimeout(timer);
        at.removeEventListener("message", heard);
        resolve(data.does);
      };
      at.addEventListener("message", heard);
      at.addEventListener("error", () => { clearTimeout(timer); end(); reject(new Error("slow")); }, { once: true });
      at.postMessage(asked);
    });
  }

  function end(): void {
    worker?.terminate();
    worker = null;
  }

  return {
    async match(source, flags, texts) {
      const does: boolean[] = [];
      for (let at = 0; at < texts.length; at += AT_ONCE) does.push(...(await once(source, flags, texts.slice(at, at + AT_ONCE))));
      return does;
    },
    close: end,
  };
}
