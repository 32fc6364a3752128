// The worker that all pages of the console share.

import type { Asked, Port, Told } from "./protocol.js";
import { Switchboard } from "./switchboard.js";

const switchboard = new Switchboard();

addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports;
  if (port) switchboard.accept(port as Port<Told, Asked>);
});
