import { Link, useNavigate } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { Button as Plain, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Separator } from "react-aria-components";
import { useSession } from "../account/session";
import { get, type Schema } from "../api/client";
import { words } from "../words";
import { Mark } from "./Mark";
import { PLACES } from "./places";
import { setTheme, THEMES, useTheme } from "./theme";

const MOST = 9;

export function Bar({ workspace, isAway, onCommands }: { workspace: string; isAway: boolean; onCommands: () => void }) {
  const waiting = useWaiting(workspace);
  return (
    <header className="bar">
      <Link to="/w/$workspace/pipelines" params={{ workspace }} className="brand" aria-label="Penstock"><Mark /><span>Penstock</span></Link>
      <nav aria-label={words.shell.main}>
        {PLACES.map(({ name, to, icon }) => (
          <Link key={name} to={to} params={{ workspace }} activeProps={{ "aria-current": "page" }}>
            <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true"><path d={icon} /></svg>
            <span className="long">{words.shell.places[name]}</span>
            <span className="short">{words.shell.short[name]}</span>
            {name === "approvals" && waiting > 0 && (
              <span className="bar-count"><span aria-hidden="true">{waiting > MOST ? `${MOST}+` : waiting}</span><span className="unseen">{words.shell.waiting(waiting > MOST ? `${MOST}+` : waiting)}</span></span>
            )}
          </Link>
        ))}
      </nav>
      <p className={isAway ? "link is-away" : "link"} role="status">{isAway ? words.ui.away : ""}</p>
      <Plain className="commands" onPress={onCommands} aria-label={words.shell.commands} aria-keyshortcuts="Control+K Meta+K">
        <svg viewBox="0 0 20 20" width="16" height="16" aria-hidden="true"><path d="M9 14a5 5 0 1 0 0-10a5 5 0 0 0 0 10zM13 13l4 4" /></svg>
        <span>{words.shell.commands}</span><kbd aria-hidden="true">{isMac() ? "⌘K" : "Ctrl K"}</kbd>
      </Plain>
      <Who workspace={workspace} />
    </header>
  );
}

/** How many runs wait for who looks; ten are asked for at most. */
function useWaiting(workspace: string): number {
  const { may } = useSession();
  const asked = useQuery({
    queryKey: ["approvals", workspace, "count"],
    queryFn: ({ signal }) => get<Schema<"RunPage">>("api/v1/runs", { waiting_for_me: true, limit: MOST + 1 }, signal),
    enabled: may("member"),
    refetchInterval: 15_000,
  });
  return asked.data?.items.length ?? 0;
}

function Who({ workspace }: { workspace: string }) {
  const { me, signOut } = useSession();
  const navigate = useNavigate();
  const theme = useTheme();
  const here = me.workspaces.find(({ slug }) => slug === workspace);
  function act(key: string) {
    const [kind, value = ""] = key.split(/:(.*)/);
    if (kind === "out") void signOut();
    else if (kind === "theme") setTheme(THEMES.find((each) => each === value) ?? "auto");
    else if (kind === "me") void navigate({ to: "/w/$workspace/account", params: { workspace } });
    else location.assign(new URL(`w/${encodeURIComponent(value)}/pipelines`, document.baseURI));
  }
  return (
    <MenuTrigger>
      <Plain className="who" aria-label={`${words.shell.workspace}: ${here?.name ?? workspace}`}>
        <span className="clip">{here?.name ?? workspace}</span> <span aria-hidden="true">▾</span>
      </Plain>
      <Popover className="menu-over" placement="bottom end">
        <Menu className="menu" aria-label={words.shell.workspace} onAction={(key) => act(String(key))}>
          <MenuSection>
            <Header className="menu-head">{words.shell.workspaces}</Header>
            {(me.workspaces.length ? me.workspaces : [{ slug: workspace, name: workspace, role: me.role }]).map((place) => (
              <MenuItem key={place.slug} id={`w:${place.slug}`} textValue={place.name} className="menu-item">
                <span className="clip">{place.slug === workspace ? "● " : ""}{place.name}</span><span className="quiet small">{words.account.roles[place.role]}</span>
              </MenuItem>
            ))}
          </MenuSection>
          <Separator className="menu-line" />
          <MenuSection>
            <Header className="menu-head">{words.shell.theme}</Header>
            {THEMES.map((each) => (
              <MenuItem key={each} id={`theme:${each}`} className="menu-item" textValue={words.shell.themes[each]}>
                <span>{theme === each ? "● " : ""}{words.shell.themes[each]}</span>
              </MenuItem>
            ))}
          </MenuSection>
          <Separator className="menu-line" />
          <MenuSection>
            <Header className="menu-head">{me.user ? `${me.user.name} · ${me.user.email}` : me.name}</Header>
            <MenuItem id="me" className="menu-item">{words.shell.places.account}</MenuItem>
            <MenuItem id="out" className="menu-item">{words.shell.signOut}</MenuItem>
          </MenuSection>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

export function isMac(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.platform);
}
