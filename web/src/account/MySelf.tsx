import { type FormEvent, useState } from "react";
import { call } from "../api/client";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { Notice, Refused } from "../ui/Notice";
import { words } from "../words";
import { Section, Sure, useChange } from "./parts";
import { useSession } from "./session";

const said = words.account.me;

/** Who is signed in, their password, and leaving the workspace. */
export function MySelf({ workspace }: { workspace: string }) {
  const { me } = useSession();
  if (!me.user) return <Section title={words.account.parts.me}><Notice>{said.token}</Notice></Section>;
  const isMember = me.workspaces.some(({ slug }) => slug === workspace);
  return (
    <>
      <Section title={words.account.parts.me}>
        <dl className="terms">
          <div><dt>{words.account.name}</dt><dd>{me.user.name}</dd></div>
          <div><dt>{words.account.email}</dt><dd>{me.user.email}</dd></div>
          <div><dt>{words.account.role}</dt><dd>{words.account.roles[me.role]}{me.user.is_instance_admin && `, ${said.runs}`}</dd></div>
        </dl>
      </Section>
      <Password workspace={workspace} />
      {isMember && me.workspaces.length > 1 && (
        <Section title={said.leave} about={said.leaveAbout}>
          <div className="row">
            <Sure workspace={workspace} list="members" path={`api/v1/me/memberships/${encodeURIComponent(workspace)}`} button={said.leave} title={said.leaveTitle(workspace)} about={said.leaveSure}
              role="viewer" then={() => location.assign(document.baseURI)} />
          </div>
        </Section>
      )}
    </>
  );
}

function Password({ workspace }: { workspace: string }) {
  const [password, setPassword] = useState("");
  const [fresh, setFresh] = useState("");
  const set = useChange(workspace, "me", () => call("PUT", "api/v1/me/password", { body: { password, new_password: fresh } }), () => { setPassword(""); setFresh(""); });
  const isShort = fresh !== "" && [...fresh].length < 10;
  return (
    <Section title={said.password} about={said.passwordAbout}>
      <form className="stack narrow-form" onSubmit={(event: FormEvent) => { event.preventDefault(); set.mutate(); }}>
        <Field label={said.old} type="password" autoComplete="current-password" value={password} onChange={setPassword} maxLength={200} about={said.oldAbout} />
        <Field label={words.account.signing.newPassword} type="password" autoComplete="new-password" value={fresh} onChange={setFresh} isRequired maxLength={200} about={words.account.signing.passwordHint} wrong={isShort ? said.short : undefined} />
        <Refused error={set.error} />
        {set.isSuccess && !fresh && <Notice tone="good">{said.done}</Notice>}
        <div className="row"><Button type="submit" isDisabled={set.isPending || !fresh || isShort}>{said.change}</Button></div>
      </form>
    </Section>
  );
}
