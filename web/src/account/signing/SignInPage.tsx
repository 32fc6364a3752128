// The page to sign in with: by e-mail and password, by a provider, or by a one-time link. Opening a
// link uses nothing; a person's press does.

import { type FormEvent, useEffect, useRef, useState } from "react";
import { Mark } from "../../shell/Mark";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { Notice } from "../../ui/Notice";
import { words } from "../../words";
import type { Me } from "./signing";
import { type Form, formOf } from "./stages";
import { type SigningIn, useSigningIn } from "./useSigningIn";
import "./sign-in.css";

const said = words.account.signing;

export function SignInPage() {
  const signing = useSigningIn();
  const { stage, notice } = signing;
  const form = formOf(stage);
  useEffect(() => { document.title = `${words.account.signIn} · Penstock`; }, []);
  useEffect(() => {
    const reload = () => { if (location.hash) location.reload(); };
    addEventListener("hashchange", reload);
    return () => removeEventListener("hashchange", reload);
  }, []);
  return (
    <main className="sign-in">
      <p className="sign-in-brand"><Mark /> Penstock</p>
      <div className="sheet sign-in-sheet">
        {form ? <Asking key={`${stage.kind} ${form.title}`} form={form} signing={signing} /> : (
          <>
            {stage.kind === "wait" && <p className="unseen" role="status">{words.ui.loading}</p>}
            {stage.kind === "away" && <h1>{said.title}</h1>}
            {notice && <Notice tone="wait">{notice}</Notice>}
            {stage.kind === "away" && <Button look="main" isDisabled={signing.isBusy} onPress={() => void signing.again()}>{words.ui.retry}</Button>}
            {stage.kind === "inside" && <Inside me={stage.me} signing={signing} />}
          </>
        )}
      </div>
    </main>
  );
}

function Asking({ form, signing }: { form: Form; signing: SigningIn }) {
  const invite = signing.stage.kind === "password" ? signing.stage.invite : undefined;
  const [email, setEmail] = useState(invite?.email ?? "");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const place = useRef<HTMLFormElement>(null);
  const has = (field: Form["fields"][number]) => form.fields.includes(field);
  const first = form.fields.find((field) => field !== "email" || !email);

  async function submit(event: FormEvent) {
    event.preventDefault();
    await signing.submit({ email, name, password });
    setPassword("");
    place.current?.querySelector<HTMLInputElement>("input[type=password]")?.focus();
  }

  return (
    <>
      <h1>{form.title}</h1>
      {form.about && <p className="quiet">{form.about}</p>}
      {signing.notice && <div role="alert"><Notice tone="wait">{signing.notice}</Notice></div>}
      {form.isByProvider && signing.provider && (
        <>
          <Button onPress={signing.byProvider} isDisabled={signing.isBusy}>{said.by(signing.provider)}</Button>
          <p className="or">{said.or}</p>
        </>
      )}
      <form ref={place} className="stack" onSubmit={(event) => void submit(event)}>
        {has("email") && <Field label={words.account.email} type="email" name="email" autoComplete="username" maxLength={254} value={email} onChange={setEmail} isRequired autoFocus={first === "email"} />}
        {has("name") && <Field label={said.yourName} name="name" autoComplete="name" maxLength={200} value={name} onChange={setName} isRequired autoFocus={first === "name"} />}
        {has("password") && (
          <Field label={form.isNew ? said.newPassword : words.account.password} type="password" name="password"
            autoComplete={form.isNew ? "new-password" : "current-password"} minLength={form.isNew ? 10 : 1} maxLength={200}
            value={password} onChange={setPassword} isRequired autoFocus={first === "password"}
            about={form.isNew ? said.passwordHint : undefined} />
        )}
        <div className="row">
          <Button type="submit" look="main" isDisabled={signing.isBusy} autoFocus={form.fields.length === 0}>{form.button}</Button>
          {form.maySkip && <Button look="quiet" isDisabled={signing.isBusy} onPress={() => void signing.skip()}>{said.withoutPassword}</Button>}
        </div>
      </form>
    </>
  );
}

function Inside({ me, signing }: { me: Me; signing: SigningIn }) {
  return (
    <>
      <h1>{said.inside(me.user?.name ?? me.name)}</h1>
      <p className="quiet">{me.user?.email}</p>
      <h2>{said.workspaces}</h2>
      <ul className="places">
        {me.workspaces.map(({ slug, name, role }) => (
          <li key={slug}>
            <a href={`w/${encodeURIComponent(slug)}/pipelines`}>{name === slug ? slug : `${name} (${slug})`}</a>
            <span className="quiet small">{words.account.roles[role]}</span>
          </li>
        ))}
      </ul>
      <Button isDisabled={signing.isBusy} onPress={() => void signing.signOut()}>{words.shell.signOut}</Button>
    </>
  );
}
