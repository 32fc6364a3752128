// Matches a pattern against texts, in a thread of its own: one that never ends is ended from outside.

export interface MatchAsked {
  readonly number: number;
  readonly source: string;
  readonly flags: string;
  readonly texts: readonly string[];
}

export interface MatchTold {
  readonly number: number;
  readonly does: readonly boolean[];
}

addEventListener("message", ({ data }: MessageEvent<MatchAsked>) => {
  const pattern = new RegExp(data.source, data.flags);
  const told: MatchTold = { number: data.number, does: data.texts.map((text) => pattern.test(text)) };
  postMessage(told);
});
