// The course of signing in: which stage it stands at, and what leads to the next.

import { useCallback, useEffect, useState } from "react";
import { call, Problem } from "../../api/client";
import { brought, forgetTheWayBack, isAway, isLinkOver, keepForTheWayBack, type Link, type Me, placeAfter, refusalOf, wordsFor } from "./signing";
import { type Stage, stageOf } from "./stages";
import { words } from "../../words";

export interface Typed {
  email: string;
  name: string;
  password: string;
}

export interface SigningIn {
  readonly stage: Stage;
  readonly provider: string | null;
  /** What went wrong, or an empty text. */
  readonly notice: string;
  readonly isBusy: boolean;
  submit(typed: Typed): Promise<void>;
  skip(): Promise<void>;
  byProvider(): void;
  again(): Promise<void>;
  signOut(): Promise<void>;
}

const open = { workspace: null };

export function useSigningIn(): SigningIn {
  const [came] = useState(() => brought(location.hash, sessionStorage));
  const [refusal] = useState(() => (came.problem ? refusalOf(came.problem) : null));
  const [secret, setSecret] = useState(came.secret);
  const [stage, setStage] = useState<Stage>({ kind: "wait" });
  const [provider, setProvider] = useState<string | null>(null);
  const [notice, setNotice] = useState(refusal?.text ?? "");
  const [isBusy, setBusy] = useState(false);

  const forget = useCallback(() => {
    setSecret("");
    dropHash();
  }, []);

  const begin = useCallback(async () => {
    try {
      const [me, by] = await Promise.all([whoIsHere(), call<{ provider: string | null }>("GET", "api/v1/openid", open).catch(() => ({ provider: null }))]);
      setProvider(by.provider);
      if (me?.user && !came.secret && came.next !== null && !came.problem) return goOn(me, null, came.next);
      setStage(came.secret ? await stageOfSecret(came.secret, me) : me?.user ? { kind: "inside", me } : { kind: "password" });
    } catch (error) {
      setNotice(isLinkOver(error) ? words.account.signing.linkOver : wordsFor(error));
      if (isLinkOver(error)) forget();
      const me = isAway(error) ? null : await whoIsHere().catch(() => null);
      setStage(isAway(error) ? { kind: "away" } : me?.user ? { kind: "inside", me } : { kind: "password" });
    }
  }, [came, forget]);

  useEffect(() => {
    forgetTheWayBack(sessionStorage);
    if (came.problem) dropHash();
    void begin();
  }, [begin, came.problem]);

  // Runs what a person pressed; what went wrong is told, and what was typed stays but the password.
  const act = useCallback(async (what: () => Promise<void>) => {
    setBusy(true);
    setNotice("");
    try {
      await what();
    } catch (error) {
      if (isLinkOver(error)) {
        forget();
        setStage({ kind: "password" });
      }
      setNotice(isLinkOver(error) ? words.account.signing.linkOver : wordsFor(error));
    } finally {
      setBusy(false);
    }
  }, [forget]);

  const follow = async (body: Partial<Typed>, link: Link) => {
    const me = await call<Me>("POST", "api/v1/links/session", { ...open, body: { link: secret, ...body } });
    goOn(me, link.workspace);
  };

  const submit = (typed: Typed) => act(async () => {
    switch (stage.kind) {
      case "password": {
        const { email, password } = typed;
        const me = await call<Me>("POST", "api/v1/session", { ...open, body: { email: email.trim(), password } });
        return stage.invite ? follow({}, stage.invite) : goOn(me, null);
      }
      case "newPassword": return follow({ password: typed.password }, stage.link);
      case "account": return follow({ name: typed.name.trim(), password: typed.password }, stage.link);
      case "join": return follow({}, stage.link);
      default: return undefined;
    }
  });

  return {
    stage, provider, notice, isBusy, submit,
    skip: () => act(async () => { if (stage.kind === "newPassword") await follow({}, stage.link); }),
    byProvider: () => {
      keepForTheWayBack(secret, nextOf(), sessionStorage);
      location.assign(new URL(`api/v1/openid/sign-in${refusal?.asksForAnother ? "?choose=true" : ""}`, document.baseURI));
    },
    again: () => act(begin),
    signOut: () => act(async () => {
      await call("DELETE", "api/v1/session", open).catch(unlessOut);
      setStage({ kind: "password" });
    }),
  };
}

function dropHash(): void {
  history.replaceState(history.state, "", location.pathname + location.search);
}

function nextOf(): string {
  return new URLSearchParams(location.search).get("next") ?? "";
}

function goOn(me: Me, joined: string | null, next = nextOf()): void {
  location.assign(placeAfter(me, next, joined, document.baseURI));
}

async function stageOfSecret(secret: string, me: Me | null): Promise<Stage> {
  return stageOf(await call<Link>("POST", "api/v1/links/account", { ...open, body: { link: secret } }), me);
}

async function whoIsHere(): Promise<Me | null> {
  return call<Me>("GET", "api/v1/me", open).catch((error: unknown) => unlessOut(error));
}

function unlessOut(error: unknown): null {
  if (error instanceof Problem && !isAway(error)) return null;
  throw error;
}
