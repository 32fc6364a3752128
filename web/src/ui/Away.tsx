import type { ReactNode } from "react";
import { safeUrl } from "./safeUrl";

/** A link to elsewhere, if it leads to a place of the web; else its words. */
export function Away({ url, children }: { url: string | null | undefined; children: ReactNode }) {
  const safe = safeUrl(url);
  return safe ? <a href={safe} target="_blank" rel="noreferrer noopener">{children}</a> : <span>{children}</span>;
}
