import { type FormEvent, useState } from "react";
import { call, type Schema } from "../api/client";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { ago, clock } from "../ui/figures";
import { Refused } from "../ui/Notice";
import { Sheet } from "../ui/Sheet";
import { words } from "../words";
import { LimitSheet } from "./limits/LimitForm";
import { Name, Rows, Section, useChange, useList } from "./parts";
import { useSession } from "./session";

const said = words.account.spaces;

/** All workspaces of the installation, for who runs it. */
export function Workspaces({ workspace }: { workspace: string }) {
  const { me } = useSession();
  const [isMaking, setMaking] = useState(false);
  const [doomed, setDoomed] = useState<string | null>(null);
  const [limited, setLimited] = useState<string | null>(null);
  const found = useList<Schema<"WorkspacePage">>(workspace, "workspaces", "api/v1/workspaces", { limit: 200 });
  const isMine = (slug: string) => me.workspaces.some((place) => place.slug === slug);
  return (
    <Section title={words.account.parts.workspaces} about={said.about} actions={<Button small look="main" onPress={() => setMaking(true)}>{said.make}</Button>}>
      <Refused error={found.error} />
      <Rows label={words.account.parts.workspaces} head={[words.account.name, said.slug, said.made, ""]}>
        {(found.data?.items ?? []).map(({ slug, name, created_at }) => (
          <tr key={slug}>
            <th scope="row">{isMine(slug) ? <a href={new URL(`w/${encodeURIComponent(slug)}/pipelines`, document.baseURI).href}><Name>{name}</Name></a> : <Name>{name}</Name>}</th>
            <td><code className="clip is-name" title={slug}>{slug}</code></td><td className="wide"><time title={clock(created_at)}>{ago(created_at)}</time></td>
            <td className="is-acts">
              <Button small look="quiet" aria-label={`${said.limits}: ${slug}`} onPress={() => setLimited(slug)}>{said.limits}</Button>
              {slug !== workspace && <Button small look="quiet" aria-label={`${words.account.remove}: ${slug}`} onPress={() => setDoomed(slug)}>{words.account.remove}</Button>}
            </td>
          </tr>
        ))}
      </Rows>
      {limited && <LimitSheet workspace={workspace} of={limited} onClose={() => setLimited(null)} />}
      <Sheet title={said.make} isOpen={isMaking} onClose={() => setMaking(false)}><MakeForm workspace={workspace} onDone={() => setMaking(false)} /></Sheet>
      <Sheet title={said.removeTitle(doomed ?? "")} isOpen={doomed !== null} onClose={() => setDoomed(null)}><Doom key={doomed} workspace={workspace} slug={doomed ?? ""} onDone={() => setDoomed(null)} /></Sheet>
    </Section>
  );
}

function MakeForm({ workspace, onDone }: { workspace: string; onDone: () => void }) {
  const { me } = useSession();
  const [name, setName] = useState("");
  const [typed, setTyped] = useState<string | null>(null);
  const slug = typed ?? name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 63);
  const make = useChange(workspace, "workspaces", async () => {
    await call("POST", "api/v1/workspaces", { body: { slug, name: name.trim() } });
    const email = me.user?.email;
    if (email) await call("POST", `api/v1/workspaces/${slug}/members`, { body: { email, role: "admin" }, workspace: slug });
  }, () => location.assign(new URL(`w/${slug}/pipelines`, document.baseURI)));
  return (
    <form className="stack" onSubmit={(event: FormEvent) => { event.preventDefault(); make.mutate(); }}>
      <Field label={words.account.name} value={name} onChange={setName} isRequired maxLength={100} autoFocus />
      <Field label={said.slug} mono value={slug} onChange={setTyped} isRequired maxLength={63} about={said.slugAbout} />
      <Refused error={make.error} />
      <div className="row">
        <Button type="submit" look="main" isDisabled={make.isPending || !name.trim() || !slug}>{said.make}</Button>
        <Button look="quiet" onPress={onDone}>{words.ui.cancel}</Button>
      </div>
    </form>
  );
}

function Doom({ workspace, slug, onDone }: { workspace: string; slug: string; onDone: () => void }) {
  const [typed, setTyped] = useState("");
  const end = useChange(workspace, "workspaces", () => call("DELETE", `api/v1/workspaces/${encodeURIComponent(slug)}`), onDone);
  return (
    <form className="stack" onSubmit={(event: FormEvent) => { event.preventDefault(); end.mutate(); }}>
      <p>{said.removeAbout}</p>
      <Field label={said.typeIt(slug)} mono value={typed} onChange={setTyped} autoFocus autoComplete="off" />
      <Refused error={end.error} />
      <div className="row">
        <Button type="submit" look="danger" isDisabled={typed !== slug || end.isPending}>{words.account.remove}</Button>
        <Button look="quiet" onPress={onDone}>{words.ui.cancel}</Button>
      </div>
    </form>
  );
}
