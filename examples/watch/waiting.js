"use strict";
// Says why nothing moves: a person, a worker, a limit, a time. The events do not tell, so the api is
// asked, while somebody looks, no step is worked on and no event comes; what it said is shown until one does.

const STILL_MS = 2000, WAIT_PAUSE_MS = 4000, WAIT_PAUSE_TIMES = 20;
let wait = { at: 0, words: "" };                             // what was said, and of which event

async function learnWaits() {
  let before = -1;
  for (let ms = STILL_MS; !ENDED.has(view.phase);) {
    await new Promise((resolve) => { setTimeout(resolve, ms); });
    ms = STILL_MS;
    const { lastId } = view;
    if (!document.hidden && isStill(lastId, before)) {
      const began = performance.now();
      const words = (await readBeside("waiting-for"))?.waiting_for?.text ?? "";
      wait = { at: lastId, words };
      soon();
      ms = Math.max(WAIT_PAUSE_MS, WAIT_PAUSE_TIMES * (performance.now() - began));
    }
    before = lastId;
  }
}

function isStill(lastId, before) {
  return lastId > 0 && lastId === before && !ENDED.has(view.phase) && !view.steps.some((step) => step?.status === "running");
}

function renderWait() {
  const words = wait.at === view.lastId && !ENDED.has(view.phase) ? wait.words : "";
  const isNew = $("why").textContent !== words;
  sayOrHide($("why"), words);
  if (isNew && words) $("announcement").textContent = words;
}
