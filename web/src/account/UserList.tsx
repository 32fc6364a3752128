import { useInfiniteQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useReadAgain } from "../api/again";
import { call, get, type Schema } from "../api/client";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { ago, clock } from "../ui/figures";
import { Refused } from "../ui/Notice";
import { Sheet } from "../ui/Sheet";
import { words } from "../words";
import { Name, Narrow, Once, Rows, Section, Sure, useChange } from "./parts";
import { useSession } from "./session";

type User = Schema<"UserShape">;
const said = words.account.users;
const LIST = "users";

/** Everybody with an account, for who runs the installation. */
export function UserList({ workspace }: { workspace: string }) {
  const { me } = useSession();
  const readAgain = useReadAgain();
  const [isMaking, setMaking] = useState(false);
  const [link, setLink] = useState<Schema<"AccountLink"> | null>(null);
  const found = useInfiniteQuery({
    queryKey: ["account", workspace, LIST],
    queryFn: ({ pageParam, signal }) => get<Schema<"UserPage">>("api/v1/users", { limit: 100, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });
  return (
    <Section title={words.account.parts.users} about={said.about} actions={<Button small look="main" onPress={() => setMaking(true)}>{said.make}</Button>}>
      <Refused error={found.error} />
      <Rows label={words.account.parts.users} head={[words.account.name, words.account.email, said.runs, said.since, ""]}>
        {found.data?.pages.flatMap(({ items }) => items).map((user) => <OneUser key={user.id} workspace={workspace} user={user} isMe={user.id === me.user?.id} onLink={setLink} />)}
      </Rows>
      {found.hasNextPage && <div className="row"><Button isDisabled={found.isFetchingNextPage} onPress={() => void found.fetchNextPage()}>{words.ui.more}</Button></div>}
      <Sheet title={said.make} isOpen={isMaking} onClose={() => setMaking(false)}>
        <UserForm workspace={workspace} onDone={() => setMaking(false)} onMade={(made) => { setMaking(false); setLink(made); readAgain("account", workspace, "workspaces"); }} />
      </Sheet>
      {link && <Once title={said.linkOf(link.email)} about={said.once} label={words.account.people.link} value={link.url} onClose={() => setLink(null)} />}
    </Section>
  );
}

function OneUser({ workspace, user, isMe, onLink }: { workspace: string; user: User; isMe: boolean; onLink: (link: Schema<"AccountLink">) => void }) {
  const path = `api/v1/users/${user.id}`;
  const change = useChange(workspace, LIST, (isRuler: boolean) => call("PUT", `${path}/instance-admin`, { body: { is_instance_admin: isRuler } }));
  const reset = useChange(workspace, LIST, () => call<Schema<"AccountLink">>("POST", `${path}/reset`), onLink);
  return (
    <tr>
      <th scope="row"><Name>{user.name}</Name>{isMe && <span className="quiet small"> {words.account.people.you}</span>}{!user.has_password && <span className="tagged" title={said.newWhy}>{said.new}</span>}</th>
      <td><Name>{user.email}</Name><Refused error={change.error ?? reset.error} /></td>
      <td><Narrow>{said.runs}</Narrow><input type="checkbox" className="tick" aria-label={said.rules(user.name)} checked={change.isPending ? change.variables : user.is_instance_admin} disabled={change.isPending || isMe} title={isMe ? said.notYourself : undefined}
        onChange={({ target }) => change.mutate(target.checked)} /></td>
      <td className="wide"><time dateTime={user.created_at} title={clock(user.created_at)}>{ago(user.created_at)}</time></td>
      <td className="is-acts">
        <Button small look="quiet" isDisabled={reset.isPending} aria-label={`${said.reset}: ${user.name}`} onPress={() => reset.mutate()}>{said.reset}</Button>
        {!isMe && <Sure workspace={workspace} list={LIST} path={path} button={words.account.remove} title={said.removeTitle(user.name)} about={said.removeAbout} role="viewer" />}
      </td>
    </tr>
  );
}

function UserForm({ workspace, onDone, onMade }: { workspace: string; onDone: () => void; onMade: (made: Schema<"MadeUser">) => void }) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const make = useChange(workspace, LIST, () => call<Schema<"MadeUser">>("POST", "api/v1/users", { body: { email: email.trim(), name: name.trim() } }), onMade);
  return (
    <form className="stack" onSubmit={(event: FormEvent) => { event.preventDefault(); make.mutate(); }}>
      <p className="quiet">{said.makeAbout}</p>
      <Field label={words.account.email} type="email" value={email} onChange={setEmail} isRequired maxLength={254} autoFocus />
      <Field label={words.account.name} value={name} onChange={setName} isRequired maxLength={200} />
      <Refused error={make.error} />
      <div className="row">
        <Button type="submit" look="main" isDisabled={make.isPending || !email.trim() || !name.trim()}>{said.make}</Button>
        <Button look="quiet" onPress={onDone}>{words.ui.cancel}</Button>
      </div>
    </form>
  );
}
