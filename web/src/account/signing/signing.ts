// Signing in, without its page: what an address brings, what went wrong and what to do about it, and
// where to go on to. The secret of a link stands behind `#` and goes to this origin alone, in bodies.

import { Problem, type Schema } from "../../api/client";
import { words } from "../../words";

export type Link = Schema<"LinkAccount">;
export type Me = Schema<"IdentityShape">;

const KEPT = "penstock-link";
const LEFT = "penstock-at-provider";
const said = words.account.signing;

/** Refusals of a provider after which another account may be let in. */
const WITH_ANOTHER = new Set([
  "openid_denied", "openid_email_unverified", "openid_wrong_domain", "openid_wrong_group", "openid_account_exists",
]);

export interface Brought {
  readonly secret: string;
  /** The code a sign-in by the provider was refused for, or an empty text. */
  readonly problem: string;
  /** Where who comes back from the provider was going; null for who was not there. */
  readonly next: string | null;
}

/** What the address brings, and for who went to the provider and comes back the link they left with. */
export function brought(hash: string, store: Storage): Brought {
  const [, mark, value = ""] = /^#(link|problem)=(.*)$/.exec(hash) ?? [];
  return { secret: mark === "link" ? value : (store.getItem(KEPT) ?? ""), problem: mark === "problem" ? value : "", next: store.getItem(LEFT) };
}

/** Keeps the link, and where one was going, while its owner is at the provider. */
export function keepForTheWayBack(secret: string, next: string, store: Storage): void {
  if (secret) store.setItem(KEPT, secret);
  store.setItem(LEFT, next);
}

export function forgetTheWayBack(store: Storage): void {
  store.removeItem(KEPT);
  store.removeItem(LEFT);
}

/** The words for a provider's refusal, and whether another account is to be asked for. */
export function refusalOf(code: string): { text: string; asksForAnother: boolean } {
  const known: Record<string, string> = said.provider;
  return {
    text: Object.hasOwn(known, code) ? known[code]! : said.providerUnknown,
    asksForAnother: WITH_ANOTHER.has(code),
  };
}

/** What to tell about a call that failed. */
export function wordsFor(error: unknown): string {
  if (!(error instanceof Problem)) return said.notNow;
  if (error.status === 0) return said.unreachable;
  if (error.status >= 500) return said.cannotAnswer;
  const known: Record<string, string> = said.codes;
  if (Object.hasOwn(known, error.code)) return known[error.code]!;
  return error.problems[0]?.message ?? error.message;
}

export function isLinkOver(error: unknown): boolean {
  return error instanceof Problem && error.code === "account_link_over";
}

export function isAway(error: unknown): boolean {
  return !(error instanceof Problem) || error.status === 0 || error.status >= 500;
}

const LAST = "penstock-workspace";

/** Remembers where somebody works, for when they come back. */
export function rememberWorkspace(slug: string, store: Storage): void {
  try {
    store.setItem(LAST, slug);
  } catch {
    // A browser that keeps nothing begins anew each time.
  }
}

/** Where somebody begins: where they worked last, else where others work too, else in their own. */
export function workspaceToBegin(me: Me, store: Storage): string {
  const last = store.getItem(LAST);
  const known = me.workspaces.find(({ slug }) => slug === last) ?? me.workspaces.find(({ slug }) => slug !== me.workspace);
  return known?.slug ?? me.workspaces[0]?.slug ?? me.workspace;
}

/** The page to go on to: `next` if it is one of ours, else the workspace, else the beginning. */
export function placeAfter(me: Me, next: string | null, joined: string | null, base: string): string {
  const home = new URL(base);
  const workspace = me.workspaces.find(({ name, slug }) => joined !== null && (slug === joined || name === joined));
  if (workspace) return new URL(`w/${encodeURIComponent(workspace.slug)}/pipelines`, home).href;
  const asked = next && URL.canParse(next, home) ? new URL(next, home) : null;
  const isOurs = asked?.origin === home.origin && asked.pathname.startsWith(home.pathname);
  const isSignIn = asked?.pathname === new URL("sign-in", home).pathname;
  return asked && isOurs && !isSignIn ? asked.href : home.href;
}
