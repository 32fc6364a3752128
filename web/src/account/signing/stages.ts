// The stages of signing in, and what the form of each asks for.

import { words } from "../../words";
import type { Link, Me } from "./signing";

const said = words.account.signing;

export type Stage =
  | { readonly kind: "wait" }
  | { readonly kind: "away" }
  | { readonly kind: "inside"; readonly me: Me }
  /** With `invite` of somebody who has an account: it is taken once they have signed in. */
  | { readonly kind: "password"; readonly invite?: Link }
  | { readonly kind: "newPassword"; readonly link: Link }
  | { readonly kind: "account"; readonly link: Link }
  | { readonly kind: "join"; readonly link: Link };

export interface Form {
  readonly title: string;
  readonly about: string;
  readonly fields: readonly ("email" | "name" | "password")[];
  readonly button: string;
  readonly isNew: boolean;
  /** Whether the provider's button stands there, too. */
  readonly isByProvider: boolean;
  /** Whether one may go on without a password. */
  readonly maySkip: boolean;
}

/** What a stage asks for; null for one that asks nothing. */
export function formOf(stage: Stage): Form | null {
  const plain = { about: "", isNew: false, isByProvider: false, maySkip: false };
  switch (stage.kind) {
    case "password": {
      const { invite } = stage;
      const about = invite ? said.invitedKnown(invite.workspace ?? "", invite.role ?? "") : "";
      return { ...plain, title: said.title, about, fields: ["email", "password"], button: invite ? said.signInAndJoin : said.title, isByProvider: true };
    }
    case "newPassword": {
      const { kind, name, email } = stage.link;
      const isFirst = kind === "first";
      return {
        ...plain, title: isFirst ? said.welcome(name ?? email) : said.newPasswordTitle,
        about: isFirst ? said.choose(email) : said.resetAbout(email),
        fields: ["password"], button: said.setAndSignIn, isNew: true, maySkip: isFirst,
      };
    }
    case "account": {
      const { email, workspace, role } = stage.link;
      return {
        ...plain, title: said.invited, about: said.invitedNew(workspace ?? "", role ?? "", email),
        fields: ["name", "password"], button: said.makeAndJoin, isNew: true, isByProvider: true,
      };
    }
    case "join": {
      const { email, workspace, role } = stage.link;
      return { ...plain, title: said.invited, about: said.invitedHere(workspace ?? "", role ?? "", email), fields: [], button: said.join };
    }
    default:
      return null;
  }
}

/** The stage a link leads to, for who is signed in as `me` or is not. */
export function stageOf(link: Link, me: Me | null): Stage {
  if (link.kind !== "invite") return { kind: "newPassword", link };
  if (!link.is_known) return { kind: "account", link };
  return me?.user?.email === link.email ? { kind: "join", link } : { kind: "password", invite: link };
}
