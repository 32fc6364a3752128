"use strict";
// Shows `view`. Events only change it; once per animation frame the page catches up, and only with
// the steps that changed.

const shown = [];                                            // of each step: its card and marks, and as what it is shown
let outline = { steps: [], results: [] };                    // once it was read
let boxes = [];                                              // of the drawn flow, by step
let isRaw = false;
let isDue = false;
let wakeAfter = 0;

function soon() {
  if (!isDue) requestAnimationFrame(render);
  isDue = true;
}

function render() {
  isDue = false;
  renderRun();
  forgetPhase();
  const count = Math.max(view.steps.length, outline.steps.length);
  let wait = 0;
  for (let number = 0; number < count; number += 1) {
    const step = stepAt(number);
    if (shown[number]?.step !== step) wait = Math.max(wait, renderStep(number, step));
  }
  markLines();
  clearTimeout(wakeAfter);
  if (wait > 0) wakeAfter = setTimeout(soon, wait);
  keepInSight();
}

let drawnPhase = null;

// Every step is drawn once more when the run is over: some are not reached, some are the result.
function forgetPhase() {
  const isOver = ENDED.has(view.phase);
  if (isOver === drawnPhase) return;
  drawnPhase = isOver;
  shown.forEach((each) => { each.step = null; });
}

const unheard = [];                                          // what is shown of steps nothing was heard of

function stepAt(number) {
  const pending = () => freshStep({ node: outline.steps[number]?.node ?? "" }, 0);
  return view.steps[number] ?? (unheard[number] ??= pending());
}

function aboutStep(number) {
  return outline.steps[number] ?? { step: number, node: view.steps[number]?.node ?? "", kind: "", label: null, after: [] };
}

// The outline came: names for what is shown, and what is still to come.
function setOutline(told) {
  outline = told;
  shown.forEach(({ card, mark }, number) => {
    say(card.querySelector("h2"), nameOf(aboutStep(number)));
    say(mark.lastElementChild, nameOf(aboutStep(number)));
    shown[number].step = null;
  });
  boxes = drawShape($("shape"), outline.steps);
  soon();
}

function renderRun() {
  const { requested } = view;
  const status = statusOf(view);
  const name = titleOf(requested.pipeline_name ?? outline.pipeline_name, outline.steps);
  $("run").hidden = false;
  say($("title"), name);
  say($("run-id"), requested.run ?? "");
  if (say($("status-words"), status)) $("announcement").textContent = `Run ${status}`;
  $("status").dataset.status = status;
  $("stop").hidden = ENDED.has(status);
  $("stop").disabled = status === "cancelling";
  say($("stop"), status === "cancelling" ? "Stopping" : "Stop");
  const used = view.steps.map((step) => step.usage);
  sayOrHide($("tokens"), [...usageWords(used), cost.run].filter(Boolean).join(" · "));
  sayOrHide($("progress"), progressOf());
  learnCost(totalOf(used));
  const input = typeof requested.input === "string" ? requested.input : "";
  $("given").hidden = !input;
  say($("given").lastElementChild, input);
  document.title = `${status} · ${name}`;
  renderWaits();
  renderWait();
  renderFailure(status);
  renderTime();
}

function progressOf() {
  const count = outline.steps.length;
  const done = view.steps.filter(({ status }) => status === "completed" || status === "skipped").length;
  return count && `${done} of ${count} step${count > 1 ? "s" : ""}`;
}

function renderWaits() {
  const asking = view.steps.flatMap((step, number) => (isAsking(step) && !ENDED.has(view.phase) ? [number] : []));
  $("waits").hidden = !asking.length;
  say($("waits"), asking.length > 1 ? `${asking.length} questions wait for you` : "Waits for you");
  $("waits").href = `#step-${asking[0]}`;
}

function renderFailure(status) {
  $("failure").hidden = !view.error;
  if (!view.error) return;
  const { code, message, step } = view.error;
  const where = step != null ? `${nameOf(aboutStep(step))}: ` : "";
  if (say($("failure-words"), `${where}${message}`)) $("announcement").textContent = `Run ${status}: ${message}`;
  sayOrHide($("remedy"), REMEDIES[code] ?? "");
  say($("failure-code"), code);
  $("failure-step").hidden = step == null;
  $("failure-step").href = `#step-${step}`;
  askForRetry();
}

function renderTime() {
  say($("time"), duration(view.startedAt, view.endedAt ?? new Date()));
}

// Gives how many ms a part of it would rather wait.
function renderStep(number, step) {
  const { card, mark, words, thoughts, calls } = (shown[number] ??= newCard(number));
  const part = (name) => card.querySelector(name);
  for (const place of [card, mark, boxes[number]]) if (place) place.dataset.status = step.status;
  card.classList.toggle("result", ENDED.has(view.phase) && view.result?.some((each) => each.step === number));
  sayOrHide(part(".kind"), KINDS[aboutStep(number).kind] === nameOf(aboutStep(number)).toLowerCase() ? "" : KINDS[aboutStep(number).kind]);
  say(part(".state"), (ENDED.has(view.phase) ? OVER : STATES)[step.status] ?? step.status);
  say(part(".meta"), metaWords(step, cost.steps.get(number)));
  const isWhole = step.hasOutcome || SETTLED.has(step.status);
  const wait = words.show(step.words.text || shown[number].fetched, { isWhole, isRaw });
  thoughts.show(step.thoughts.text);
  thoughts.node.parentElement.parentElement.hidden = !step.thoughts.text;
  fold(number, step);
  calls.show(step.calls, isWhole || ENDED.has(view.phase));
  sayOrHide(part(".fallback"), fallbackWords(step).join("\n"));
  sayOrHide(part(".tool"), step.tool ? toolWords(step.tool) : step.progress && progressWords(step.progress));
  part(".error").hidden = !step.error;
  if (step.error) {
    say(part(".error-words"), `${step.error.message} (${step.error.code})`);
    sayOrHide(part(".error .hint"), step.error.code === view.error?.code ? "" : REMEDIES[step.error.code] ?? "");
  }
  sayOrHide(part(".decided"), step.decided && decisionWords(step.decided));
  part(".copy").hidden = !step.words.text || !isWhole || !navigator.clipboard;
  part(".ask").hidden = !isAsking(step) || ENDED.has(view.phase);
  say(part(".prompt"), step.prompt ?? "May the run go on?");
  if (step.blob && shown[number].step?.blob !== step.blob) renderLarge(part(".large"), step.blob, number);
  shown[number].step = wait ? null : step;
  return wait;
}

// A step that only says again what others said is told in a line, until somebody wants it.
function fold(number, step) {
  const { card } = shown[number];
  const { kind, after: comes } = aboutStep(number);
  const button = card.querySelector(".fold");
  const before = comes.map((each) => view.steps[each.step]?.words.text ?? "");
  const repeats = step.hasOutcome && isRepeat(kind, step.words.text, before);
  button.hidden = !repeats;
  if (!repeats) return;
  const names = listed(comes.map((each) => nameOf(aboutStep(each.step))));
  say(button, `${shown[number].isUnfolded ? "Hide" : "Show"} what was put together of ${names}, ${step.words.text.length.toLocaleString()} characters`);
  button.setAttribute("aria-expanded", String(Boolean(shown[number].isUnfolded)));
  card.querySelector(".words").hidden = !shown[number].isUnfolded;
}

function newCard(number) {
  const card = $("step-template").content.firstElementChild.cloneNode(true);
  const about = aboutStep(number);
  card.id = `step-${number}`;
  card.querySelector("h2").textContent = nameOf(about);
  card.querySelector("h2").id = `name-${number}`;
  card.setAttribute("aria-labelledby", `name-${number}`);
  const copy = copyButton(() => view.steps[number].words.text);
  card.querySelector(".copy").replaceWith(copy);
  card.querySelector(".ask").onsubmit = (event) => decide(event, number);
  card.querySelector(".share").onclick = () => shareQuestion(number);
  card.querySelector(".fold").onclick = () => {
    shown[number].isUnfolded = !shown[number].isUnfolded;
    fold(number, view.steps[number]);
  };
  const mark = document.createElement("a");
  mark.href = `#step-${number}`;
  mark.append(dot(), Object.assign(document.createElement("span"), { textContent: nameOf(about) }));
  const item = document.createElement("li");
  item.append(mark);
  const next = shown.find((other, place) => place > number && other);
  $("steps").insertBefore(card, next?.card ?? null);
  $("contents").insertBefore(item, next?.mark.parentElement ?? null);
  return {
    card, mark, words: new Passage(card.querySelector(".words")), thoughts: new Plain(card.querySelector(".thinking p")),
    calls: new Calls(card.querySelector(".calls")), fetched: "", isUnfolded: false, step: null,
  };
}

// A text that its event only names is read at once if it is small.
const SMALL = 64 << 10;

function renderLarge(place, blob, number) {
  const show = async () => {
    const text = await textOf(blob);
    if (text === null) return false;
    shown[number].fetched = text;
    shown[number].step = null;
    soon();
    return true;
  };
  place.replaceChildren(...largeLinks(blob, show));
  place.hidden = blob.size_bytes <= SMALL;
  // Where it cannot be had, the address and the button are shown after all.
  if (place.hidden) show().then((isShown) => { place.hidden = isShown; });
}

function markLines() {
  for (const path of $("shape").querySelectorAll("path")) {
    const [from, to] = [stepAt(Number(path.dataset.source)), stepAt(Number(path.dataset.target))];
    const isOff = from.status === "skipped" || to.status === "skipped";
    path.dataset.state = isOff ? "off" : from.status === "completed" ? "done" : "ahead";
  }
}

function showRaw(wanted) {
  isRaw = wanted;
  $("raw").setAttribute("aria-pressed", String(wanted));
  shown.forEach((each) => { each.step = null; });
  soon();
}

// What was used costs what the api says, which knows the prices. It is asked when there is more, one
// question at a time, and the longer an answer takes the rarer.
const COST_PAUSE_MS = 2000, COST_PAUSE_TIMES = 20;
let cost = { tokens: 0, run: "", steps: new Map() };
let isLearning = false;

async function learnCost(tokens) {
  if (isLearning || !tokens || tokens === cost.tokens) return;
  isLearning = true;
  const began = performance.now();
  const answer = (await readBeside("usage")) ?? {};
  const steps = new Map((answer.steps ?? []).map(({ step, cost_usd }) => [step, costWords(cost_usd)]));
  cost = { tokens, run: costWords(answer.cost_usd), steps };
  shown.forEach(({ card }, number) => say(card.querySelector(".meta"), metaWords(stepAt(number), cost.steps.get(number))));
  soon();
  const ms = ENDED.has(view.phase) ? 0 : Math.max(COST_PAUSE_MS, COST_PAUSE_TIMES * (performance.now() - began));
  setTimeout(() => { isLearning = false; soon(); }, ms);
}
