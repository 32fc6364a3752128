// What pages and the worker that reads for all of them say to each other.

import type { Heard, Link, Wanted } from "../wire/line.js";

/** From a page: `ear` is its own number of what it listens to. */
export type Asked =
  | { readonly ask: "join"; readonly ear: number; readonly wanted: Wanted }
  | { readonly ask: "leave" | "restart"; readonly ear: number }
  /** It lives; whether somebody sees it, and how many connections its browser opens to this host. */
  | { readonly ask: "here"; readonly isSeen: boolean; readonly most: number }
  | { readonly ask: "hurry" | "doubt" | "bye" };

/** From the worker; `alive` is said every 20 s, and answered by `here`. */
export type Told =
  | { readonly tell: "heard"; readonly ear: number; readonly events: readonly Heard[] }
  | { readonly tell: "became"; readonly ear: number; readonly link: Link; readonly ahead: number | undefined }
  | { readonly tell: "restarted"; readonly ear: number }
  | { readonly tell: "alive" };

/** A MessagePort, as far as it is used. */
export interface Port<Out, In> {
  postMessage(message: Out): void;
  onmessage: ((event: MessageEvent<In>) => void) | null;
  close(): void;
}

export const ALIVE_MS = 20_000;
