import { type FormEvent, useState } from "react";
import { call, type Schema } from "../api/client";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { ago, clock } from "../ui/figures";
import { Notice, Refused } from "../ui/Notice";
import { Sheet } from "../ui/Sheet";
import { words } from "../words";
import { MadeBy } from "./MadeBy";
import { Allowed, Name, Narrow, Once, RoleChoice, roleIn, Rows, Section, Sure, useChange, useList } from "./parts";
import { type Role, useSession } from "./session";

type Member = Schema<"MemberShape">;
type Made = Schema<"MadeInvite">;
const said = words.account.people;

/** Who works in the workspace, as what, and who is asked to. */
export function People({ workspace }: { workspace: string }) {
  const { me, may } = useSession();
  const [isInviting, setInviting] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  const members = useList<Schema<"MemberPage">>(workspace, "members", `api/v1/workspaces/${encodeURIComponent(workspace)}/members`, { limit: 200 });
  return (
    <>
      <Section title={said.members} about={said.about} actions={<Allowed role="admin" look="main" onPress={() => setInviting(true)}>{said.invite}</Allowed>}>
        <Refused error={members.error} />
        <Rows label={said.members} head={[words.account.name, words.account.email, words.account.role, said.since, ""]}>
          {(members.data?.items ?? []).map((member) => (
            <OneMember key={member.id} workspace={workspace} member={member} isMe={member.id === me.user?.id} />
          ))}
        </Rows>
      </Section>
      {may("admin") && <Invites workspace={workspace} />}
      <Sheet title={said.invite} isOpen={isInviting} onClose={() => setInviting(false)}>
        <InviteForm workspace={workspace} onDone={() => setInviting(false)} onMade={(invite) => { setInviting(false); setMade(invite); }} />
      </Sheet>
      {made && <Once title={said.made(made.email)} about={said.once} label={said.link} value={made.url} onClose={() => setMade(null)} />}
    </>
  );
}

function OneMember({ workspace, member, isMe }: { workspace: string; member: Member; isMe: boolean }) {
  const { may } = useSession();
  const path = `api/v1/workspaces/${encodeURIComponent(workspace)}/members/${member.id}`;
  const change = useChange(workspace, "members", (role: Role) => call("PUT", path, { body: { role } }));
  return (
    <tr>
      <th scope="row"><Name>{member.name}</Name>{isMe && <span className="quiet small"> {said.you}</span>}</th><td><Name>{member.email}</Name></td>
      <td>
        {may("admin") ? (
          <select className="input is-small" aria-label={said.roleOf(member.name)} value={change.variables && change.isPending ? change.variables : member.role} disabled={change.isPending}
            onChange={(event) => change.mutate(roleIn(event.target.value))}>
            {(["viewer", "member", "admin"] as const).map((role) => <option key={role} value={role}>{words.account.rolesAbout[role]}</option>)}
          </select>
        ) : words.account.roles[member.role]}
        <Refused error={change.error} />
      </td>
      <td className="wide"><time title={clock(member.since)}>{ago(member.since)}</time></td>
      <td className="is-acts">
        {!isMe && <Sure workspace={workspace} list="members" path={path} button={words.account.remove} title={said.removeTitle(member.name)} about={said.removeAbout} />}
      </td>
    </tr>
  );
}

function Invites({ workspace }: { workspace: string }) {
  const invites = useList<Schema<"InvitePage">>(workspace, "invites", "api/v1/invites", { limit: 100 });
  const open = (invites.data?.items ?? []).filter((invite) => !invite.used_at && Date.parse(invite.expires_at) > Date.now());
  if (invites.error) return <Refused error={invites.error} />;
  if (open.length === 0) return null;
  return (
    <Section title={said.invites}>
      <Rows label={said.invites} head={[words.account.email, words.account.role, said.goodUntil, words.account.madeBy.head, ""]}>
        {open.map((invite) => (
          <tr key={invite.id}>
            <th scope="row"><Name>{invite.email}</Name></th><td>{words.account.roles[invite.role]}</td>
            <td><Narrow>{said.goodUntil}</Narrow><time title={clock(invite.expires_at)}>{ago(invite.expires_at)}</time></td>
            <td><Narrow>{words.account.madeBy.head}</Narrow><MadeBy workspace={workspace} id={invite.made_by} /></td>
            <td className="is-acts"><Sure workspace={workspace} list="invites" path={`api/v1/invites/${invite.id}`} button={said.withdraw} title={said.withdrawTitle(invite.email)} about={said.withdrawAbout} /></td>
          </tr>
        ))}
      </Rows>
    </Section>
  );
}

function InviteForm({ workspace, onDone, onMade }: { workspace: string; onDone: () => void; onMade: (invite: Made) => void }) {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("member");
  const make = useChange(workspace, "invites", () => call<Made>("POST", "api/v1/invites", { body: { email: email.trim(), role } }), onMade);
  return (
    <form className="stack" onSubmit={(event: FormEvent) => { event.preventDefault(); make.mutate(); }}>
      <Notice>{said.inviteAbout}</Notice>
      <Field label={words.account.email} type="email" value={email} onChange={setEmail} isRequired maxLength={254} autoFocus />
      <RoleChoice label={words.account.role} value={role} onChange={setRole} />
      <Refused error={make.error} />
      <div className="row">
        <Button type="submit" look="main" isDisabled={make.isPending || !email.trim()}>{said.makeLink}</Button>
        <Button look="quiet" onPress={onDone}>{words.ui.cancel}</Button>
      </div>
    </form>
  );
}
