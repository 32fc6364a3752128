import { Sheet } from "../ui/Sheet";
import { words } from "../words";
import { isMac } from "./Bar";
import { PLACES } from "./places";

export function KeysSheet({ onClose }: { onClose: () => void }) {
  const rows: [string[], string][] = [
    [[isMac() ? "⌘" : "Ctrl", "K"], words.shell.toCommands],
    [["?"], words.shell.toKeys],
    [["Esc"], words.shell.toClose],
    ...PLACES.map(({ key, name }): [string[], string] => [["g", key], words.shell.places[name]]),
  ];
  return (
    <Sheet title={words.shell.keys} isOpen onClose={onClose}>
      <dl className="keys">
        {rows.map(([keys, what]) => (
          <div key={what}><dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt><dd>{what}</dd></div>
        ))}
      </dl>
    </Sheet>
  );
}
