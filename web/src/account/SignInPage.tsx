import { words } from "../words";
import { SignInForm } from "./SignInForm";

export function SignInPage() {
  const next = new URLSearchParams(location.search).get("next");
  return (
    <main className="page">
      <h1>{words.account.signIn}</h1>
      <SignInForm onSignedIn={() => location.assign(safe(next))} />
    </main>
  );
}

// Only a page of ours is gone on to.
function safe(next: string | null): string {
  const base = new URL(document.baseURI);
  const url = next ? new URL(next, base) : base;
  return url.origin === base.origin && url.pathname.startsWith(base.pathname) ? url.href : base.href;
}
