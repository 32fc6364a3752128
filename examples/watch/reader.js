"use strict";
// Reads a run's events, from wherever the view is to the end.
//
// An EventSource comes back after a cut, but gives up for good on any answer but 200, cannot tell a
// finished run (204) from a refused ticket (401), and does not notice a line gone dead. `fetch` can.

const WAIT_MS = 1000, LONGEST_WAIT_MS = 15000, SILENCE_MS = 25000;   // keep-alives come every 10 s
const LATER = new Set([408, 425, 429]);

async function follow(address) {
  for (let fruitless = 0; ; fruitless += 1) {
    const before = view.lastId;
    showLink("live", before ? "Catching up" : "Connecting");
    try {
      if (await hear(address)) return showLink(view.phase, view.phase);
    } catch (error) {
      if (error instanceof Refused) return refused(error);
    }
    if (view.lastId > before) fruitless = 0;
    if (view.needsReread) view = EMPTY;
    await pause(Math.min(WAIT_MS * 2 ** fruitless, LONGEST_WAIT_MS) * (1 + Math.random() / 4), fruitless);
  }
}

class Refused extends Error {}

// Reads the run on from the last event seen; true at its end, false if the line was cut.
async function hear(address) {
  const url = new URL(address);
  if (view.lastId) url.searchParams.set("after", view.lastId);
  const line = new AbortController();
  let timer = setTimeout(() => line.abort(), SILENCE_MS);
  try {
    const response = await fetch(url, { signal: line.signal, cache: "no-store", headers: { Accept: "text/event-stream" } });
    if (response.status === 204) return true;
    if (response.status >= 500 || LATER.has(response.status)) return false;
    if (!response.ok) throw new Refused(await reasonOf(response));
    showLink("live", "Live");
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ;) {
      const { value, done } = await reader.read();
      if (done) return false;
      clearTimeout(timer);
      timer = setTimeout(() => line.abort(), SILENCE_MS);
      const frames = (rest + value).split("\n\n");
      rest = frames.pop();
      for (const frame of frames) {
        if (take(fieldsOf(frame))) return true;
        if (view.needsReread) return false;
      }
    }
  } finally {
    clearTimeout(timer);
    line.abort();
  }
}

// A frame is lines of `name: value`; Penstock writes `data` as one line. A comment has no name.
function fieldsOf(frame) {
  const fields = {};
  for (const line of frame.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 2);
  }
  return fields;
}

// Applies one event; true if it was the last: the run's outcome, or `end`.
function take({ id, event, data }) {
  if (event === "end") return true;
  if (!data) return false;
  view = after(view, { id: Number(id), data: JSON.parse(data) });
  soon();
  return ENDED.has(view.phase);
}

async function reasonOf(response) {
  const problem = await response.json().catch(() => ({}));
  return problem.detail ?? `${response.status} ${response.statusText}`;
}

// Waits, but not longer than until the machine is online again or somebody presses "Try now".
function pause(ms, fruitless) {
  showLink("lost", "Connection lost; trying again");
  // A browser does not say why another origin was not read; that it never was is told by trying.
  if (isElsewhere && fruitless >= 2 && !view.lastId) {
    tell(`Nothing was read from ${new URL(address).origin} so far. If it is up, it may not allow pages from ` +
      `${location.origin}: name that origin in PENSTOCK_CORS_ORIGINS there.`);
  }
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const wake = () => { clearTimeout(timer); resolve(); };
    addEventListener("online", wake, { once: true });
    $("again").onclick = wake;
  });
}

// What a ticket opens besides the events: `outline`, `usage`, `waiting-for`; null where it cannot be read.
async function readBeside(name) {
  const url = new URL(address);
  url.pathname = url.pathname.replace(/events$/, name);
  const answer = await fetch(url, { cache: "no-store" }).catch(() => null);
  return answer?.ok ? answer.json() : null;
}
