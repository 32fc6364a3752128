"use strict";
// What runs, what waits for who looks, the last runs: asked for again while somebody looks.
//
// A token is kept in memory, until the tab is closed or reloaded, and goes to this origin alone. Who
// has signed in comes with `#workspace=`, and needs none: the browser sends its cookie.

const $ = (id) => document.getElementById(id);
const PAUSE_MS = 3000, LONGEST_PAUSE_MS = 30000;
const UNDER_WAY = new Set(["pending", "running", "waiting", "cancelling", "failing"]);
const MOST_QUESTIONS = 10;
const QUERIES = [`waiting_for_me=true&limit=${MOST_QUESTIONS}`, "limit=25", "status=running&limit=25", "status=waiting&limit=25"];
const AGES = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const MARK = "#workspace=";
const workspace = location.hash.startsWith(MARK) ? decodeURIComponent(location.hash.slice(MARK.length)) : null;
let token = null;
let me = null;

async function call(path, body) {
  const who = token ? { Authorization: `Bearer ${token}` } : { "X-Penstock-Workspace": workspace };
  const headers = { ...who, ...(body && { "Content-Type": "application/json" }) };
  const answer = await fetch(path, { cache: "no-store", headers, ...(body && { method: "POST", body: JSON.stringify(body) }) });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(told.detail ?? `${answer.status} ${answer.statusText}`), { status: answer.status });
  return told;
}

function enter(event) {
  event.preventDefault();
  token = $("token").value.trim();
  return open();
}

async function open() {
  try {
    me = await call("api/v1/me");
  } catch (error) {
    token = null;
    $("complaint").textContent = error.status ? error.message : "Penstock could not be reached. Try again.";
    return;
  }
  $("token").value = "";
  $("sign-in").hidden = true;
  $("workspace").hidden = false;
  follow();
}

async function follow() {
  for (let failures = 0; ;) {
    if (!document.hidden) {
      try {
        await look();
        failures = 0;
        showLink("live", `Workspace ${me.workspace}`);
      } catch (error) {
        failures += 1;
        showLink("lost", error.status ? error.message : "Connection lost; trying again");
      }
    }
    await pause(Math.min(PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS));
  }
}

function pause(ms) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    addEventListener("visibilitychange", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

async function look() {
  const [mine, ...lists] = await Promise.all(QUERIES.map((query) => call(`api/v1/runs?${query}`)));
  const known = new Map(lists.flatMap(({ items }) => items).map((run) => [run.run_id, run]));
  const runs = [...known.values()].sort((one, other) => other.created_at.localeCompare(one.created_at));
  const underWay = runs.filter(({ status }) => UNDER_WAY.has(status));
  const over = runs.filter(({ status }) => !UNDER_WAY.has(status));
  const asked = await showQuestions(mine.items);
  const running = underWay.filter(({ run_id }) => !asked.has(run_id));
  showRuns($("running"), running);
  showRuns($("last"), over.slice(0, 20));
  $("none-running").hidden = running.length > 0;
  $("none-yet").hidden = over.length > 0;
}

// -- Questions: the steps that wait for who looks, of the runs that have one.

const questions = new Map();                                  // by run and step: the place it is shown at

async function showQuestions(runs) {
  const whole = await Promise.all(runs.map(({ run_id }) => call(`api/v1/runs/${run_id}`)));
  const asking = whole.flatMap((run) => run.steps.filter(isForMe).map((step) => ({ run, step })));
  const names = new Set(asking.map(({ run, step }) => `${run.run_id} ${step.step}`));
  for (const [name, place] of questions) if (!names.has(name)) { place.remove(); questions.delete(name); }
  for (const { run, step } of asking) {
    const name = `${run.run_id} ${step.step}`;
    if (!questions.has(name)) questions.set(name, newQuestion(run, step));
    const until = step.approval?.expires_at ? ` · until ${new Date(step.approval.expires_at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}` : "";
    say(questions.get(name).querySelector(".about"), `${nameOf(run)} · asked ${age(step.approval?.asked_at)}${until}`);
  }
  $("asking").hidden = !asking.length;
  document.title = asking.length ? `(${asking.length}) Penstock` : "Penstock";
  say($("announcement"), asking.length ? `${asking.length} waiting for you` : "");
  return new Set(asking.filter(({ run }) => run.status === "waiting").map(({ run }) => run.run_id));
}

function isForMe({ status, approval }) {
  if (status !== "waiting" || approval?.decided_at) return false;
  const roles = me.role === "admin" ? ["member", "admin"] : ["member"];
  const mine = new Set([...roles, me.user?.email.toLowerCase(), me.user?.id]);
  return !approval?.approvers || approval.approvers.some((name) => mine.has(name));
}

function newQuestion(run, step) {
  const place = $("question-template").content.firstElementChild.cloneNode(true);
  say(place.querySelector(".prompt"), step.approval?.prompt ?? "May the run go on?");
  place.querySelector("button").onclick = () => answer(run, step);
  watchable(place.querySelector(".watch"), run.run_id);
  $("questions").append(place);
  return place;
}

// A link of one's own opens the question with all it is about, and the token stays here.
async function answer(run, step) {
  try {
    const link = await call(`api/v1/runs/${run.run_id}/steps/${step.step}/link`, { given_to: me.name });
    location.assign(`/answer${new URL(link.url).hash}`);
  } catch (error) {
    tell(error.message);
  }
}

// -- Runs

function showRuns(list, runs) {
  const places = new Map([...list.children].map((place) => [place.dataset.run, place]));
  runs.forEach((run, at) => {
    const place = places.get(run.run_id) ?? newRun(run);
    places.delete(run.run_id);
    place.dataset.status = run.status;
    say(place.querySelector(".state"), run.status);
    say(place.querySelector(".error"), run.error?.message ?? "");
    say(place.querySelector(".waits"), run.waiting_for?.text ?? "");
    say(place.querySelector(".numbers"), numbersOf(run));
    if (list.children[at] !== place) list.insertBefore(place, list.children[at] ?? null);
  });
  places.forEach((place) => place.remove());
}

function newRun(run) {
  const place = $("run-template").content.firstElementChild.cloneNode(true);
  place.dataset.run = run.run_id;
  say(place.querySelector(".title"), nameOf(run));
  say(place.querySelector(".about"), run.pipeline_name ? run.input_preview : run.run_id);
  watchable(place.querySelector(".title"), run.run_id);
  return place;
}

// A run of a flow that was given with it has no name: what it was asked is the next best.
function nameOf({ pipeline_name, input_preview, input }) {
  const asked = (input_preview ?? (typeof input === "string" ? input : "")).trim().split("\n")[0];
  return pipeline_name ?? (asked.length > 60 ? `${asked.slice(0, 60)} …` : asked || "A run");
}

function numbersOf(run) {
  const { usage } = run;
  const tokens = usage.input_tokens + usage.output_tokens;
  return [
    age(run.created_at),
    duration(run.started_at, run.finished_at ?? new Date()),
    tokens && `${tokens.toLocaleString()} tokens`,
    costOf(run),
  ].filter(Boolean).join(" · ");
}

function costOf({ cost_usd }) {
  if (cost_usd === null) return "price unknown";
  const dollars = Number(cost_usd);
  return dollars && (dollars < 0.0001 ? "under $0.0001" : `$${dollars.toFixed(dollars < 0.1 ? 4 : 2)}`);
}

// A link to the watch page; it opens at once from here, and asks for a token from anywhere else.
function watchable(link, run) {
  link.href = `watch#run=${run}`;
  link.onclick = async (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    try {
      location.assign(`watch#events=${encodeURIComponent((await call(`api/v1/runs/${run}`)).events_url)}`);
    } catch (error) {
      tell(error.message);
    }
  };
}

// -- Small things

function age(moment) {
  const seconds = (new Date(moment) - new Date()) / 1000;
  const [unit, size] = AGES.find(([, least]) => Math.abs(seconds) >= least) ?? ["second", 1];
  return ago.format(Math.round(seconds / size), unit);
}

function duration(from, to) {
  if (!from) return "";
  const seconds = Math.max(0, (new Date(to) - new Date(from)) / 1000);
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function showLink(status, words) {
  $("link").hidden = false;
  $("link").dataset.status = status;
  say($("link-words"), words);
}

function tell(words) {
  say($("notice"), words);
  $("notice").hidden = false;
}

$("enter").onsubmit = enter;
addEventListener("hashchange", () => location.reload());
if (workspace) open();
else $("token").focus();
