/** Where a key leads to from row `at`; null for a key that leads nowhere. */
export function moved(key: string, at: number, count: number, page: number): number | null {
  const to: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: count - 1 };
  const found = to[key];
  return found === undefined ? null : Math.max(0, Math.min(count - 1, found));
}
