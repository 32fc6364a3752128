import { type ReactNode, useEffect, useState } from "react";
import { onceSignedIn, Problem } from "../api/client";
import { words } from "../words";
import "./notice.css";

/** Something a person has to know, with what they can do about it. */
export function Notice({ tone = "info", title, children, actions }: {
  tone?: "info" | "bad" | "wait" | "good";
  title?: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      {title && <strong>{title}</strong>}
      {children && <div>{children}</div>}
      {actions && <div className="row">{actions}</div>}
    </div>
  );
}

/** What went wrong with a call, in its own words; that a session was over, until there is one again. */
export function Refused({ error, actions }: { error: unknown; actions?: ReactNode }) {
  const [settled, settle] = useState<unknown>(null);
  const isOut = error instanceof Problem && error.status === 401;
  useEffect(() => (isOut ? onceSignedIn(() => settle(error)) : undefined), [isOut, error]);
  if (!error || (isOut && settled === error)) return null;
  const spots = error instanceof Problem ? error.problems : [];
  return (
    <Notice tone="bad" {...(actions !== undefined && { actions })}>
      <p>{error instanceof Error ? error.message : words.ui.somethingWrong}</p>
      {spots.length > 0 && (
        <ul>
          {spots.slice(0, 20).map((spot, at) => (
            <li key={at}><code>{spot.path}</code> {spot.message}</li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

/** A place with nothing in it yet: what would be here, and how it comes to be. */
export function Empty({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children && <div className="quiet">{children}</div>}
      {actions && <div className="row">{actions}</div>}
    </div>
  );
}
