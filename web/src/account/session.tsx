// Who is signed in, and in which workspace this page is. While a session is over the page stays as it
// is, with all that was typed, and a dialog asks to sign in again.

import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { useReadAgain } from "../api/again";
import { call, get, onSigned, Problem, type Schema } from "../api/client";
import { later } from "../ui/later";

const SignInAgain = later(() => import("./signing/SignInAgain").then((found) => found.SignInAgain));

export type Me = Schema<"IdentityShape">;
export type Role = "viewer" | "member" | "admin";

const RANK: Record<string, number> = { viewer: 0, member: 1, admin: 2 };

export interface Session {
  me: Me;
  /** Whether who is signed in may do here what this role may. */
  may(role: Role): boolean;
  signOut(): Promise<void>;
}

const SessionContext = createContext<Session | null>(null);

/** Who asks, for `me` in a workspace; null while nobody is signed in. */
export function useMe(workspace: string | null) {
  return useQuery({
    queryKey: ["me", workspace],
    queryFn: () => call<Me>("GET", "api/v1/me", { workspace }),
    retry: (count, error) => !(error instanceof Problem && error.status === 401) && count < 3,
    staleTime: 60_000,
  });
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("expected to be within <SessionProvider>");
  return session;
}

export function SessionProvider({ me, children }: { me: Me; children: ReactNode }) {
  const [isOver, setOver] = useState(false);
  const readAgain = useReadAgain();
  useEffect(() => {
    onSigned((isOut) => {
      setOver(isOut);
      if (!isOut) readAgain();
    });
    return () => onSigned(() => undefined);
  }, [readAgain]);
  const session = useMemo<Session>(() => ({
    me,
    may: (role) => (RANK[me.role] ?? -1) >= (RANK[role] ?? 9),
    signOut: async () => {
      await call("DELETE", "api/v1/session");
      location.assign(new URL("sign-in", document.baseURI));
    },
  }), [me]);
  return (
    <SessionContext value={session}>
      {children}
      {isOver && <SignInAgain email={me.user?.email ?? ""} onClose={() => setOver(false)} />}
    </SessionContext>
  );
}

export function useProvider() {
  return useQuery({ queryKey: ["openid"], queryFn: () => get<{ provider: string | null }>("api/v1/openid"), staleTime: Infinity });
}
