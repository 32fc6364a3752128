import { type FormEvent, useState } from "react";
import { call } from "../../api/client";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { Refused } from "../../ui/Notice";
import { words } from "../../words";

/** E-mail and password; what is wrong is said in place. */
export function SignInForm({ email: known = "", onSignedIn }: { email?: string; onSignedIn: () => void }) {
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await call("POST", "api/v1/session", { body: { email: email.trim(), password }, workspace: null });
      onSignedIn();
    } catch (wrong) {
      setError(wrong);
    } finally {
      setPassword("");
      setBusy(false);
    }
  }

  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <Field label={words.account.email} type="email" autoComplete="username" value={email} onChange={setEmail} isRequired autoFocus={!known} />
      <Field label={words.account.password} type="password" autoComplete="current-password" value={password} onChange={setPassword} isRequired autoFocus={Boolean(known)} />
      <Refused error={error} />
      <Button type="submit" look="main" isDisabled={isBusy}>{words.account.signIn}</Button>
    </form>
  );
}
