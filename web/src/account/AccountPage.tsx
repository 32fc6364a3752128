// Keys, people and what the workspace may: a part each, named in the address.

import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useAddress } from "../shell/address";
import { Notice } from "../ui/Notice";
import { words } from "../words";
import { Audit } from "./Audit";
import { Keys } from "./Keys";
import { LimitsAndRetention } from "./limits/Limits";
import { MySelf } from "./MySelf";
import { People } from "./People";
import { Section } from "./parts";
import { Secrets } from "./Secrets";
import { useSession } from "./session";
import { Tokens } from "./Tokens";
import { Usage } from "./usage/Usage";
import { UserList } from "./UserList";
import { Workspaces } from "./Workspaces";
import "./account.css";

type Part = keyof typeof words.account.parts;

const PARTS: Record<Part, (of: { workspace: string }) => ReactNode> = {
  keys: Keys, secrets: Secrets, people: People, tokens: Tokens, usage: Usage, limits: LimitsAndRetention,
  audit: Audit, me: MySelf, workspaces: Workspaces, users: UserList,
};
const OF_INSTANCE: ReadonlySet<Part> = new Set(["workspaces", "users"]);

export function AccountPage() {
  const { workspace } = useParams({ from: "/w/$workspace" });
  const { me } = useSession();
  const [address] = useAddress();
  const parts = Object.keys(PARTS) as Part[];
  const asked = address.get("part");
  const part = parts.find((each) => each === asked) ?? "keys";
  const isClosed = OF_INSTANCE.has(part) && !me.user?.is_instance_admin;
  const Shown = PARTS[part];
  return (
    <div className="page account">
      <h1>{words.shell.places.account}</h1>
      <div className="account-parts">
        <nav aria-label={words.shell.places.account}>
          {parts.map((each) => <PartLink key={each} part={each} isHere={each === part} workspace={workspace} />)}
        </nav>
        <div className="stack account-part" key={part}>
          {isClosed ? <Section title={words.account.parts[part]}><Notice>{words.account.onlyInstance}</Notice></Section> : <Shown workspace={workspace} />}
        </div>
      </div>
    </div>
  );
}

function PartLink({ part, isHere, workspace }: { part: Part; isHere: boolean; workspace: string }) {
  const [, change] = useAddress();
  const base = new URL(document.baseURI).pathname;
  return (
    <a href={`${base}w/${encodeURIComponent(workspace)}/account?part=${part}`} aria-current={isHere ? "page" : undefined} ref={(link) => { if (isHere) link?.scrollIntoView({ block: "nearest", inline: "center" }); }}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        change({ part }, true);
      }}>{words.account.parts[part]}</a>
  );
}
