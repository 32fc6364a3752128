/** `from` is the node that was chosen. */
export function ForkDialog(_: { from: string | null; isOpen: boolean; onClose: () => void }) {
  return null;
}
