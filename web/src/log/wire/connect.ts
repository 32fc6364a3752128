// Who reads an address: a connection of this page's own, or one that all pages of the browser share.

import { attend } from "./attention.js";
import { type Connection, Line, type Listener, type Wanted } from "./line.js";

export type Connect = (wanted: Wanted, listener: Listener) => Connection;

let connecting: Connect = ownLine;

/** From now on streams are read by `connect`; without one each has a connection of its own. */
export function connectBy(connect: Connect = ownLine): void {
  connecting = connect;
}

export function connect(wanted: Wanted, listener: Listener): Connection {
  return connecting(wanted, listener);
}

export function ownLine(wanted: Wanted, listener: Listener): Connection {
  const line = new Line(wanted, listener);
  const leave = attend(line);
  return {
    restart: () => line.restart(),
    close: () => { leave(); line.close(); },
  };
}
