import type { RunEvent } from "../../log/index";
import { Button } from "../../ui/Button";
import { words } from "../../words";
import { usePins, withPin } from "./address";
import { useRunNow } from "../context";
import { Copy } from "../text/Copy";

const MOST_SHOWN = 100_000;

/** A fact as the log tells it, and what can be done from it. */
export function FactsOpen({ event, number, onClose }: { event: RunEvent; number: number; onClose: () => void }) {
  const { setAt } = useRunNow();
  const [pins, setPins] = usePins();
  const text = JSON.stringify(event.data, null, 2);

  return (
    <div className="fact-open">
      <div className="spread">
        <strong>{words.time.fact} {number} <span className="mono">{event.data.type}</span></strong>
        <div className="row">
          <Button small onPress={() => setAt(number)}>{words.time.seeHere}</Button>
          <Button small onPress={() => setPins(withPin(pins, number))}>{words.time.pinHere}</Button>
          <Copy text={() => text} />
          <Button small look="quiet" onPress={onClose} aria-label={words.ui.close}>✕</Button>
        </div>
      </div>
      <pre tabIndex={0} role="region" aria-label={words.time.json}>{text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text}</pre>
    </div>
  );
}
