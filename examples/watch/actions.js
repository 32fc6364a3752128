"use strict";
// The buttons. A ticket only reads: stopping, deciding, sharing and retrying take a token, which goes
// to this page's own origin or nowhere, so a link with a foreign address in it cannot carry it off.

let token = null;

function stop() {
  return act("stop it", "/cancel", {});
}

function decide(event, step) {
  event.preventDefault();
  const comment = event.target.elements.comment.value || null;
  return act("decide", `/steps/${step}/decision`, { decision: event.submitter.value, comment });
}

// Makes a link by which somebody else decides, once and without a token.
async function shareQuestion(step) {
  const made = await act("make a link", `/steps/${step}/link`, {});
  if (!made) return;
  const field = $("shared-link");
  field.value = made.url;
  say($("shared-until"), new Date(made.expires_at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }));
  $("share").showModal();
  field.select();
  $("copy-link").hidden = !navigator.clipboard;
  $("copy-link").onclick = async () => {
    await navigator.clipboard.writeText(made.url);
    say($("copy-link"), "Copied");
  };
  $("send-link").hidden = !navigator.share;
  $("send-link").onclick = () => navigator.share({ title: "A question waits for you", url: made.url }).catch(() => {});
}

async function retry() {
  const begun = await act("retry it", "/retry", null);
  if (!begun) return;
  location.hash = MARK + encodeURIComponent(begun.events_url);
}

// A retry is offered where the api has one: its route says so, to anybody who asks what it takes.
let mayRetry = null;

async function askForRetry() {
  if (mayRetry !== null || !isServed) return;
  mayRetry = false;
  const path = new URL(address).pathname.replace(/\/events$/, "/retry");
  const answer = await fetch(path, { method: "OPTIONS" }).catch(() => null);
  mayRetry = Boolean(answer?.ok && answer.headers.get("allow")?.includes("POST"));
  $("retry").hidden = !mayRetry;
}

// What the api answered; undefined if nothing came of it, which the page has told then.
async function act(purpose, path, body) {
  const run = new URL(address);
  if (run.origin !== location.origin) {
    const where = location.protocol === "file:" ? "opened as a file" : `from ${location.origin}`;
    return tell(`A page ${where} may watch this run, not change it: ${run.origin} takes that only from its own pages.`);
  }
  for (let complaint = ""; ;) {
    token ??= await askForToken(purpose, complaint);
    if (!token) return undefined;
    const response = await fetch(run.pathname.replace(/\/events$/, path), {
      method: "POST", body: body && JSON.stringify(body),
      headers: { Authorization: `Bearer ${token}`, ...(body && { "Content-Type": "application/json" }) },
    }).catch(() => null);
    $("notice").hidden = true;
    if (response === null) return tell("Penstock could not be reached. Nothing was changed; try again.");
    if (response.ok) return response.json().catch(() => ({}));
    if (response.status !== 401) return tell(await reasonOf(response));
    token = null;
    complaint = await reasonOf(response);
  }
}

function askForToken(purpose, complaint) {
  const dialog = $("ask-token");
  const field = $("token");
  say($("token-purpose"), purpose);
  say($("token-origin"), location.origin);
  say($("token-complaint"), complaint);
  dialog.showModal();
  field.focus();
  return new Promise((resolve) => {
    dialog.onclose = () => {
      if (dialog.open) return;                               // told late: the question before this one was closed
      field.value = "";
      resolve(null);
    };
    $("token-never").onclick = () => dialog.close();
    dialog.firstElementChild.onsubmit = (event) => {
      event.preventDefault();
      resolve(field.value.trim());
      dialog.close();
    };
  });
}
