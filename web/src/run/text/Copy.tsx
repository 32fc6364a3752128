import { useState } from "react";
import { Button } from "../../ui/Button";
import { words } from "../../words";

/** Copies what `text` gives when it is pressed, and says so. */
export function Copy({ text, small = true, label = words.ui.copy }: { text: () => string | Promise<string>; small?: boolean; label?: string }) {
  const [said, say] = useState<string | null>(null);
  async function copy() {
    try {
      await navigator.clipboard.writeText(await text());
      say(words.ui.copied);
    } catch {
      say(words.run.notCopied);
    }
    setTimeout(() => say(null), 1500);
  }
  return <Button look="quiet" small={small} onPress={() => void copy()}><span aria-live="polite">{said ?? label}</span></Button>;
}
