"use strict";
// How the page begins, and the small things all of it uses.

const $ = (id) => document.getElementById(id);
const MARK = "#events=", BY_ID = "#run=";
const isServed = location.pathname.endsWith("/watch");     // by an api: its policy forbids other origins
const address = addressOf(decodeURIComponent(location.hash.startsWith(MARK) ? location.hash.slice(MARK.length) : ""));
const isElsewhere = address !== null && new URL(address).origin !== location.origin;
let view = EMPTY;

function addressOf(text) {
  if (!text || !URL.canParse(text, location.href)) return null;
  const url = new URL(text, location.href);
  url.searchParams.delete("types");                          // the law needs every type
  return url.protocol.startsWith("http") && url.pathname.endsWith("/events") ? url.href : null;
}

function open() {
  if (location.hash.startsWith(BY_ID)) return openById(location.hash.slice(BY_ID.length));
  if (!address) return askForAddress();
  if (isServed && isElsewhere) {
    return tell(`This page reads from ${location.origin} only; the run is said to be at ${new URL(address).origin}.`);
  }
  setInterval(() => view.startedAt && !view.endedAt && renderTime(), 1000);
  learnWaits();
  readBeside("outline").then((told) => told && setOutline(told));
  return follow(address);
}

function askForAddress() {
  $("opening").hidden = false;
  $("address").focus();
  if (location.hash.startsWith(MARK)) tell("That is not the events address of a run: it ends in /events?ticket=…");
  if (!new URLSearchParams(location.search).has("events")) return undefined;
  $("address").value = new URLSearchParams(location.search).get("events");
  history.replaceState(null, "", location.pathname);
  return tell("The address came in the query, which servers log. Link to this page with #events= instead.");
}

// A run by its id alone: who has a token is given the address that reads it.
async function openById(run) {
  for (let complaint = ""; ;) {
    const given = await askForToken("find the run", complaint);
    if (!given) return askForAddress();
    const answer = await fetch(`api/v1/runs/${encodeURIComponent(run)}`, { headers: { Authorization: `Bearer ${given}` } }).catch(() => null);
    if (answer?.ok) return location.replace(`${location.pathname}${MARK}${encodeURIComponent((await answer.json()).events_url)}`);
    if (answer?.status !== 401) return tell(answer ? await reasonOf(answer) : "Penstock could not be reached. Try again.");
    complaint = await reasonOf(answer);
  }
}

// Sets a text if it is another; tells whether it was.
function say(place, text) {
  if (place.textContent === text) return false;
  place.textContent = text;
  return true;
}

function sayOrHide(place, text) {
  place.hidden = !text;
  say(place, text || "");
}

function showLink(status, words) {
  $("link").hidden = false;
  $("link").dataset.status = status;
  $("again").hidden = status !== "lost";
  say($("link-words"), words);
}

// In words alone: an address in them may be anybody's, and a link here would lend it our name.
function tell(words) {
  const paragraph = document.createElement("p");
  paragraph.append(words);
  $("notice").replaceChildren(paragraph);
  $("notice").hidden = false;
  $("notice").dataset.status = "waiting";
}

function refused({ message }) {
  showLink("failed", "Refused");
  $("stop").hidden = true;
  tell(`This run cannot be watched: ${message}`);
}
