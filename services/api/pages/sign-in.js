"use strict";
// Signing in: by e-mail and password, by a provider of OpenID Connect, or by a one-time link, whose
// secret stands behind `#` and goes to this origin alone, in bodies. Opening a link uses nothing; a
// person's press does. Who signs in by the provider finds the link again when they come back.

const $ = (id) => document.getElementById(id);
const [, MARKED, MARKED_BY] = location.hash.match(/^#(link|problem)=(.*)$/) ?? [];
const KEPT = "penstock-link";
let secret = MARKED === "link" ? MARKED_BY : (sessionStorage.getItem(KEPT) ?? "");
let problem = MARKED === "problem" ? MARKED_BY : "";
let provider = null;
let chooses = false;
let submit = null;
sessionStorage.removeItem(KEPT);
if (problem) history.replaceState(null, "", location.pathname);

// What a sign-in by the provider was refused for, and where another account may be let in.
const TOLD = {
  openid_off: "There is no provider to sign in by here.",
  openid_denied: "The provider did not sign you in. You may try again.",
  openid_over: "This sign-in took too long, or was used already. Begin again.",
  openid_provider_away: "The provider does not answer. Try again in a moment.",
  openid_provider_broken: "The provider's answer cannot be understood. Whoever runs Penstock finds the reason in its log.",
  openid_token_refused: "The provider's answer was not for this sign-in. Begin again.",
  openid_token_expired: "The provider's answer was too old when it came. Begin again; if it stays so, a clock is wrong.",
  openid_wrong_issuer: "Another provider answered than was asked. Begin again.",
  openid_email_unverified: "The provider has not verified your e-mail. Verify it there, then sign in again.",
  openid_wrong_domain: "The e-mail of this account may not sign in here. Choose another account.",
  openid_wrong_group: "This account is in no group that may sign in here. Ask whoever runs Penstock.",
  openid_account_exists: "There is an account with your e-mail already. Sign in with its password.",
  too_many_logins: "Too many tries. Wait a minute.",
  too_many_users: "There are as many users as there may be. Ask whoever runs Penstock.",
};
const WITH_ANOTHER = ["openid_denied", "openid_email_unverified", "openid_wrong_domain", "openid_wrong_group", "openid_account_exists"];

// Addresses are relative: behind a path of a proxy, the root of the host is somebody else's.
async function call(method, path, body) {
  const answer = await fetch(`api/v1/${path}`, {
    method, cache: "no-store", ...(body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  }).catch(() => null);
  const told = (await answer?.json().catch(() => null)) ?? {};
  return { isReached: answer !== null, isGood: Boolean(answer?.ok), told };
}

async function begin() {
  $("again").hidden = true;
  say("");
  const [me, by] = await Promise.all([call("GET", "me"), call("GET", "openid")]);
  if (!me.isReached) return fail(me);
  provider = by.told.provider ?? null;
  await go(me);
  if (!problem) return;
  chooses = WITH_ANOTHER.includes(problem);
  say(Object.hasOwn(TOLD, problem) ? TOLD[problem] : "You could not be signed in. Try again in a moment.");
  problem = "";
}

async function go(me) {
  const user = me.isGood ? me.told.user : null;
  if (!secret) return user ? showInside(me.told) : askPassword();
  const link = await call("POST", "links/account", { link: secret });
  if (!link.isGood) return fail(link, user ? () => showInside(me.told) : askPassword);
  const { kind, email, is_known: isKnown } = link.told;
  if (kind !== "invite") return askNewPassword(link.told);
  if (!isKnown) return askAccount(link.told);
  return user?.email === email ? askToJoin(link.told) : askPassword(link.told);
}

// `invite` is one of somebody who has an account: it is taken once they have signed in.
function askPassword(invite) {
  show("Sign in", invite ? `You are invited to ${invite.workspace} as ${invite.role}. You have an account: sign in to join.` : "", {
    fields: ["email", "password"], button: invite ? "Sign in and join" : "Sign in", isByProvider: true,
  });
  if (invite) $("email").value = invite.email;
  $("password").autocomplete = "current-password";
  submit = async () => {
    const answer = await call("POST", "session", { email: $("email").value.trim(), password: $("password").value });
    $("password").value = "";
    if (!answer.isGood) return fail(answer);
    return invite ? follow({}) : showInside(answer.told);
  };
}

function askNewPassword({ kind, name, email }) {
  const isFirst = kind === "first";
  show(isFirst ? `Welcome, ${name}` : "Choose a new password", isFirst ? `Choose a password for ${email}.` : `For ${email}. You are signed out everywhere else.`, {
    fields: ["password"], button: "Set password and sign in", isNew: true,
  });
  $("skip").hidden = !isFirst;
  submit = () => follow({ password: $("password").value });
}

function askAccount({ email, workspace, role }) {
  show("You are invited", `Join ${workspace} as ${role}. Your account is ${email}.`, {
    fields: ["name", "password"], button: "Make account and join", isNew: true, isByProvider: true,
  });
  submit = () => follow({ name: $("name").value.trim(), password: $("password").value });
}

function askToJoin({ workspace, role, email }) {
  show("You are invited", `Join ${workspace} as ${role}. You are signed in as ${email}.`, { fields: [], button: "Join" });
  submit = () => follow({});
}

async function follow(body) {
  const answer = await call("POST", "links/session", { link: secret, ...body });
  $("password").value = "";
  if (!answer.isGood) return fail(answer);
  secret = "";
  history.replaceState(null, "", location.pathname);
  return showInside(answer.told);
}

function show(title, about, { fields, button, isNew = false, isByProvider = false }) {
  $("title").textContent = title;
  $("about").textContent = about;
  for (const field of ["email", "name", "password"]) {
    $(`of-${field}`).hidden = !fields.includes(field);
    $(field).disabled = !fields.includes(field);
  }
  $("password-label").textContent = isNew ? "New password" : "Password";
  $("password-hint").hidden = !isNew;
  $("password").autocomplete = "new-password";
  $("password").minLength = isNew ? 10 : 0;
  $("skip").hidden = true;
  $("of-provider").hidden = !isByProvider || provider === null;
  $("by-provider").textContent = `Sign in with ${provider}`;
  $("go").textContent = button;
  $("inside").hidden = true;
  $("form").hidden = false;
  $(fields[0] ?? "go").focus();
}

function showInside({ user, workspaces }) {
  say("");
  $("form").hidden = true;
  $("of-provider").hidden = true;
  $("inside").hidden = false;
  $("title").textContent = `You are signed in, ${user.name}`;
  $("about").textContent = user.email;
  $("places").replaceChildren(...workspaces.map(({ name, slug, role }) => {
    const item = document.createElement("li");
    const link = Object.assign(document.createElement("a"), { href: `./#workspace=${slug}`, textContent: name === slug ? slug : `${name} (${slug})` });
    item.append(link, Object.assign(document.createElement("span"), { textContent: role }));
    return item;
  }));
  $("title").focus();
}

// What went wrong, and what to do; `next` is what can be done without the link.
function fail({ isReached, told }, next) {
  if (!isReached || told.status >= 500) {
    $("again").hidden = false;
    if ($("form").hidden) $("title").textContent = "Sign in";
    return say(isReached ? "Penstock cannot answer now. Try again in a moment." : "Penstock could not be reached. Look at your connection, and try again.");
  }
  if (told.code === "account_link_over") {
    secret = "";
    (next ?? askPassword)();
    return say("This link was used, or is too old. Sign in, or ask for a new link.");
  }
  if (told.code === "wrong_login") return say("There is no user with this e-mail and password.");
  if (told.code === "too_many_logins") return say("Too many tries. Wait a minute, or ask for a link to set a new password.");
  return say(told.problems?.[0]?.message ?? told.detail ?? "This cannot be done now.");
}

function say(words) {
  $("notice").textContent = words;
  $("notice").hidden = !words;
}

async function pressed(act) {
  say("");
  for (const button of document.querySelectorAll("button")) button.disabled = true;
  await act();
  for (const button of document.querySelectorAll("button")) button.disabled = false;
  if (!$("notice").hidden && !$("form").hidden && !$("of-password").hidden) $("password").focus();
}

$("form").onsubmit = (event) => {
  event.preventDefault();
  pressed(submit);
};
$("by-provider").onclick = () => {
  if (secret) sessionStorage.setItem(KEPT, secret);
  location.assign(`api/v1/openid/sign-in${chooses ? "?choose=true" : ""}`);
};
$("skip").onclick = () => pressed(() => follow({}));
$("again").onclick = begin;
$("leave").onclick = () => pressed(async () => {
  const answer = await call("DELETE", "session");
  return answer.isGood || answer.told.status === 401 ? askPassword() : fail(answer);
});
addEventListener("hashchange", () => location.reload());
begin();
