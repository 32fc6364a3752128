// A long list of which only the rows in sight are drawn. It is one stop of the keyboard: arrows, Page,
// Home and End move within it, Enter opens.

import { useVirtualizer } from "@tanstack/react-virtual";
import { moved } from "../rowKeys";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import "./facts.css";

export interface RowsProps {
  label: string;
  count: number;
  /** Of every row, in pixels. */
  height: number;
  /** The row that is open, if one is. */
  chosen: number | null;
  onChoose(index: number): void;
  /** What a row is called by a screen reader. */
  nameOf(index: number): string;
  row(index: number): ReactNode;
  /** Stays at the last row while more come. */
  isFollowing?: boolean;
  /** The list was scrolled by hand: whether its end is in sight. */
  onScroll?(isAtEnd: boolean): void;
}

export function Rows({ label, count, height, chosen, onChoose, nameOf, row, isFollowing = false, onScroll }: RowsProps) {
  const place = useRef<HTMLDivElement>(null);
  const id = useId();
  const [active, setActive] = useState(0);
  const rows = useVirtualizer({ count, getScrollElement: () => place.current, estimateSize: () => height, overscan: 12 });
  const at = Math.min(active, count - 1);

  useEffect(() => {
    if (chosen === null) return;
    setActive(chosen);
    rows.scrollToIndex(chosen);
    // Only when another is chosen: what is scrolled by hand stays.
  }, [chosen, rows]);
  useEffect(() => {
    if (isFollowing && count) rows.scrollToIndex(count - 1, { align: "end" });
  }, [isFollowing, count, rows]);

  function onKeyDown(event: KeyboardEvent) {
    const to = moved(event.key, at, count, place.current ? Math.floor(place.current.clientHeight / height) - 1 : 10);
    if (to !== null) {
      setActive(to);
      rows.scrollToIndex(to);
    } else if (event.key === "Enter" || event.key === " ") onChoose(at);
    else return;
    event.preventDefault();
  }

  function scrolled() {
    const list = place.current;
    if (list && onScroll) onScroll(list.scrollTop + list.clientHeight >= list.scrollHeight - height);
  }

  return (
    <div ref={place} className="rows" role="listbox" tabIndex={0} aria-label={label}
      aria-activedescendant={count ? `${id}-${at}` : undefined} onKeyDown={onKeyDown} onWheel={scrolled} onTouchMove={scrolled}>
      <div className="rows-all" role="presentation" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start }) => (
          <div key={index} id={`${id}-${index}`} role="option" aria-selected={index === chosen} aria-label={nameOf(index)}
            aria-setsize={count} aria-posinset={index + 1} className={index === at ? "one-row is-active" : "one-row"}
            style={{ height, transform: `translateY(${start}px)` }} onClick={() => { setActive(index); onChoose(index); }}>
            {row(index)}
          </div>
        ))}
      </div>
    </div>
  );
}
