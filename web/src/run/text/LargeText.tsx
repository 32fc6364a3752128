// A text that is too large to be shown at once: the stretch of it that is in sight.

import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, useState } from "react";
import { Button } from "../../ui/Button";
import { bytes } from "../../ui/figures";
import { Refused } from "../../ui/Notice";
import { words } from "../../words";
import { Copy } from "./Copy";
import { useRunPage } from "../context";
import { PAGE_BYTES, pagesOf, readPage, readWhole, save } from "./stretches";

const MOST_COPIED = 4 << 20;
// About as high as a stretch is: what is still read takes as much room, so that nothing jumps.
const STRETCH_HEIGHT = PAGE_BYTES / 5;

/** `path` of the api has the text, in ranges. */
export function LargeText({ path, size, name }: { path: string; size: number; name: string }) {
  const { workspace } = useRunPage();
  const [error, setError] = useState<unknown>(null);
  const download = () => void readWhole(path, workspace).then((text) => save(text, name)).catch(setError);
  return (
    <div className="run-large">
      <div className="spread">
        <span className="quiet small">{bytes(size)}</span>
        <span className="row">
          {size <= MOST_COPIED && <Copy text={async () => (await readWhole(path, workspace)).text()} />}
          <Button look="quiet" small onPress={download}>{words.ui.download}</Button>
        </span>
      </div>
      <Refused error={error} />
      <Stretches path={path} size={size} />
    </div>
  );
}

function Stretches({ path, size }: { path: string; size: number }) {
  const scroll = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: pagesOf(size), getScrollElement: () => scroll.current, estimateSize: () => STRETCH_HEIGHT, overscan: 0,
  });
  return (
    <div ref={scroll} className="run-stretches" tabIndex={0} role="group" aria-label={words.run.largeText}>
      <div style={{ height: rows.getTotalSize(), position: "relative" }}>
        {rows.getVirtualItems().map(({ index, start }) => (
          <pre key={index} ref={rows.measureElement} data-index={index} className="verbatim run-stretch" dir="auto" style={{ transform: `translateY(${start}px)` }}>
            <Stretch path={path} size={size} number={index} />
          </pre>
        ))}
      </div>
    </div>
  );
}

function Stretch({ path, size, number }: { path: string; size: number; number: number }) {
  const { workspace } = useRunPage();
  const read = useQuery({
    queryKey: ["run", workspace, "text", path, number], staleTime: Infinity, gcTime: 30_000,
    queryFn: () => readPage(path, number, size, workspace),
  });
  if (read.error) return <Refused error={read.error} />;
  return read.data ?? <span className="run-stretch-wait quiet" style={{ minHeight: STRETCH_HEIGHT }}>{words.ui.loading}</span>;
}
