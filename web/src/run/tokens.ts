// Tokens of a usage, counted in one way wherever they are told.

/** All that were read and written, from a cache or not; 0 for nothing. Thinking is part of what was written. */
export function tokensOf(usage: { readonly [kind: string]: number } | undefined): number {
  return Object.entries(usage ?? {}).reduce((sum, [kind, n]) => (kind.endsWith("_tokens") && kind !== "thinking_tokens" ? sum + n : sum), 0);
}
