// The frame of every page: where one is, where one may go, which workspace, who.

import { Link, Outlet, useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { Button as Plain, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { SessionProvider, useMe, useSession } from "../account/session";
import { Problem } from "../api/client";
import { Refused } from "../ui/Notice";
import { words } from "../words";
import "./shell.css";

const PLACES = [
  ["pipelines", "/w/$workspace/pipelines"],
  ["runs", "/w/$workspace/runs"],
  ["approvals", "/w/$workspace/approvals"],
  ["agents", "/w/$workspace/agents"],
  ["account", "/w/$workspace/account"],
  ["system", "/w/$workspace/system"],
] as const;

export function Shell() {
  const { workspace } = useParams({ from: "/w/$workspace" });
  const me = useMe(workspace);
  const isOut = me.error instanceof Problem && me.error.status === 401;
  useEffect(() => {
    if (isOut) location.replace(new URL(`sign-in?next=${encodeURIComponent(location.href)}`, document.baseURI));
  }, [isOut]);
  if (me.data) {
    return (
      <SessionProvider me={me.data}>
        <a className="skip" href="#page">{words.shell.skip}</a>
        <div className="shell">
          <Bar workspace={workspace} />
          <main id="page" tabIndex={-1}><Outlet /></main>
        </div>
      </SessionProvider>
    );
  }
  return me.error && !isOut ? <main><Refused error={me.error} /></main> : <p className="unseen" role="status">{words.ui.loading}</p>;
}

function Bar({ workspace }: { workspace: string }) {
  return (
    <header className="bar">
      <Link to="/w/$workspace/pipelines" params={{ workspace }} className="brand" aria-label="Penstock">
        <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
          <path d="M2 5h6c5 0 3 14 8 14h6" fill="none" stroke="currentColor" strokeWidth="5" strokeLinecap="round" opacity=".28" />
          <path d="M2 5h6c5 0 3 14 8 14" fill="none" stroke="currentColor" strokeWidth="2.4" strokeLinecap="round" />
        </svg>
        <span>Penstock</span>
      </Link>
      <nav aria-label={words.shell.main}>
        {PLACES.map(([name, to]) => (
          <Link key={name} to={to} params={{ workspace }} activeProps={{ "aria-current": "page" }}>{words.shell[name]}</Link>
        ))}
      </nav>
      <Places workspace={workspace} />
    </header>
  );
}

function Places({ workspace }: { workspace: string }) {
  const { me, signOut } = useSession();
  return (
    <MenuTrigger>
      <Plain className="button quiet" aria-label={words.shell.workspace}>{workspace} ▾</Plain>
      <Popover className="menu-over">
        <Menu className="menu" onAction={(key) => {
          if (key === "out") void signOut();
          else location.assign(new URL(`w/${encodeURIComponent(String(key).slice(2))}/pipelines`, document.baseURI));
        }}>
          {(me.workspaces ?? []).map((place) => (
            <MenuItem key={place.slug} id={`w:${place.slug}`} className="menu-item">{place.name} <span className="quiet small">{place.role}</span></MenuItem>
          ))}
          <MenuItem id="out" className="menu-item">{words.shell.signOut}</MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
