// How the console reads streams: all its pages by one worker, and again once somebody has signed in.

import { onceSignedIn, signedOut } from "../../api/client";
import { type Connect, connectBy, ownLine } from "../wire/connect.js";
import { type Connection, type Listener, SIGNED_OUT } from "../wire/line.js";
import { openedRuns } from "../stream.js";
import { canonical } from "./canonical.js";
import { type Begun, Sharing } from "./share.js";

declare global {
  interface Window {
    /** What the reducer makes of the run that this page opened last, as JSON: for tests. */
    __penstockView?: () => string | null;
  }
}

/** Called once, before anything is read. */
export function shareStreams(): void {
  const shared = typeof SharedWorker === "undefined" ? ownLine : new Sharing(beginWorker).connect;
  connectBy(againOnceSignedIn(shared));
  window.__penstockView = () => canonical(openedRuns().at(-1)?.history.latest ?? null);
}

function beginWorker(): Begun {
  const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name: "penstock streams" });
  const begun: Begun = { port: worker.port, onerror: null };
  worker.onerror = () => begun.onerror?.();
  return begun;
}

// A session that is over takes nothing away: the page asks to sign in, and goes on where it was.
function againOnceSignedIn(connect: Connect): Connect {
  return (wanted, listener) => {
    let after = wanted.after;
    let stopWaiting = () => undefined as void;
    const between: Listener = {
      heard: (events) => {
        after = events.at(-1)?.id ?? after;
        listener.heard(events);
      },
      became: (link, ahead) => {
        if (link.state !== "gone" || link.status !== 401) return listener.became(link, ahead);
        listener.became({ state: "lost", since: Date.now(), why: SIGNED_OUT });
        connection.close();
        stopWaiting = onceSignedIn(() => {
          // Of a feed nothing was heard yet to go on behind.
          if (wanted.isFeed && after === null) listener.restarted();
          connection = open();
        });
        signedOut();
      },
      restarted: () => {
        if (!wanted.isFeed) after = null;
        listener.restarted();
      },
    };
    const open = (): Connection => connect({ ...wanted, after }, between);
    let connection = open();
    return {
      restart: () => connection.restart(),
      close: () => { stopWaiting(); connection.close(); },
    };
  };
}
