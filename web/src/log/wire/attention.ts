// What a page is told of itself that matters to a stream: that somebody looks again, that the network is
// back or gone. A program that is no page is told nothing.

export interface Attentive {
  /** Somebody looks, or the network is back. */
  hurry(): void;
  /** The network is gone. */
  doubt(): void;
}

/** Tells `stream` until the returned function is called. */
export function attend(stream: Attentive): () => void {
  if (typeof document === "undefined") return () => undefined;
  const hurry = () => { if (!document.hidden) stream.hurry(); };
  const doubt = () => stream.doubt();
  document.addEventListener("visibilitychange", hurry);
  document.addEventListener("resume", hurry);
  addEventListener("pageshow", hurry);
  addEventListener("online", hurry);
  addEventListener("offline", doubt);
  return () => {
    document.removeEventListener("visibilitychange", hurry);
    document.removeEventListener("resume", hurry);
    removeEventListener("pageshow", hurry);
    removeEventListener("online", hurry);
    removeEventListener("offline", doubt);
  };
}
