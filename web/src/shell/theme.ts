// Light, dark, or as the system says; kept by this browser.

import { useSyncExternalStore } from "react";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEPT = "penstock-theme";
const watchers = new Set<() => void>();
let theme: Theme = read();
apply();

export function setTheme(chosen: Theme): void {
  theme = chosen;
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // A browser that keeps nothing forgets it with the tab.
  }
  apply();
  for (const call of watchers) call();
}

export function useTheme(): Theme {
  return useSyncExternalStore(watch, () => theme);
}

/** The one after it, for a button that goes round. */
export function nextTheme(now: Theme): Theme {
  return THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]!;
}

function watch(call: () => void): () => void {
  watchers.add(call);
  return () => watchers.delete(call);
}

function read(): Theme {
  try {
    const kept = localStorage.getItem(KEPT);
    return THEMES.find((each) => each === kept) ?? "auto";
  } catch {
    return "auto";
  }
}

function apply(): void {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
