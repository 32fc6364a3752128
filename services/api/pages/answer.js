"use strict";
// One question, answered once by whoever has the link. The secret stands behind `#` and goes to this
// origin alone, in bodies. Opening the page asks what the question is; a person's press answers it.

const $ = (id) => document.getElementById(id);
const MARK = "#link=";
const secret = location.hash.startsWith(MARK) ? location.hash.slice(MARK.length) : "";
const TITLES = {
  link_used: "This link was used", link_expired: "This link is too old", bad_link: "This link does not work",
  already_decided: "Somebody has answered", approval_timed_out: "The time to answer is over",
  run_finished: "The run is over", run_stopping: "The run is being stopped",
};
const DONE = { approve: "Approved", reject: "Rejected" };

// Addresses are relative: behind a path of a proxy, the root of the host is somebody else's.
async function call(name, body) {
  const answer = await fetch(`api/v1/links/${name}`, {
    method: "POST", cache: "no-store", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ link: secret, ...body }),
  }).catch(() => null);
  return { isReached: answer !== null, isGood: Boolean(answer?.ok), told: (await answer?.json().catch(() => null)) ?? {} };
}

async function ask() {
  $("again").hidden = true;
  $("outcome").hidden = true;
  const { isReached, isGood, told } = await call("question");
  if (!isGood) return explain(isReached, told);
  const name = told.pipeline_name ? `${told.pipeline_name}: ` : "";
  document.title = `${name}a question waits for you`;
  $("title").textContent = told.prompt ?? "May the run go on?";
  $("about").textContent = [told.pipeline_name, told.label ?? told.node, `asked ${shown(told.asked_at)}`].filter(Boolean).join(" · ");
  $("given").replaceChildren(...told.given.map(givenPart));
  const ends = [told.expires_at, told.link_expires_at].filter(Boolean).sort()[0];
  $("until").textContent = `Good once, until ${shown(ends)}. The link was made by ${told.made_by}${told.given_to ? ` for ${told.given_to}` : ""}.`;
  $("ask").hidden = false;
  return undefined;
}

function givenPart({ node, label, text, size_bytes }) {
  const part = Object.assign(document.createElement("section"), { className: "given-text" });
  const heading = Object.assign(document.createElement("h2"), { textContent: label ?? node });
  const place = Object.assign(document.createElement("div"), { className: "words", tabIndex: 0 });
  place.setAttribute("role", "region");
  place.setAttribute("aria-label", label ?? node);
  part.append(heading, place);
  if (text === null) place.textContent = `${Math.ceil(size_bytes / 1024).toLocaleString()} KiB, too long to be shown here: read it on the page of the run.`;
  else new Passage(place).show(text, { isWhole: true, isRaw: false });
  return part;
}

async function decide(event) {
  event.preventDefault();
  const decision = event.submitter.value;
  if (!(await isSure(decision))) return;
  for (const button of $("ask").querySelectorAll("button")) button.disabled = true;
  const { isReached, isGood, told } = await call("decision", { decision, comment: $("comment").value || null });
  for (const button of $("ask").querySelectorAll("button")) button.disabled = false;
  if (!isGood) return explain(isReached, told, true);
  $("ask").hidden = true;
  $("until").textContent = "";
  show("completed", DONE[told.decision], "The run goes on. You can close this page.");
}

function isSure(decision) {
  $("sure-title").textContent = decision === "approve" ? "Approve it?" : "Reject it?";
  $("yes").textContent = decision === "approve" ? "Approve" : "Reject";
  $("sure").returnValue = "no";
  $("sure").showModal();
  return new Promise((resolve) => { $("sure").onclose = () => resolve($("sure").returnValue === "yes"); });
}

// What went wrong, and what to do; a decision that may have arrived is asked for, not sent again.
function explain(isReached, told, wasDeciding) {
  $("ask").hidden = true;
  $("until").textContent = "";
  $("again").hidden = isReached && told.status < 500;
  if (!isReached) return show("failed", "Penstock could not be reached", wasDeciding ? "Try again: the page then shows whether your answer arrived." : "Look at your connection, and try again.");
  if (told.code === "link_used") return show("completed", DONE[told.decision] ?? TITLES.link_used, told.detail);
  return show("waiting", TITLES[told.code] ?? "This cannot be answered now", told.detail ?? "Try again in a while.");
}

function show(status, words, more) {
  if ($("ask").hidden && $("title").textContent.startsWith("One moment")) $("title").textContent = "A question";
  $("outcome").dataset.status = status;
  $("outcome").hidden = false;
  $("outcome-words").textContent = words;
  $("outcome-more").textContent = more;
}

function shown(moment) {
  return new Date(moment).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

$("ask").onsubmit = decide;
$("again").onclick = ask;
if (secret) ask();
else show("waiting", TITLES.bad_link, "Open the link as it was sent: what is behind # in it is missing.");
