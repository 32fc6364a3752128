// The palette: any page, thing or act of the workspace by a few letters.

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useRouter } from "@tanstack/react-router";
import { useDeferredValue, useMemo } from "react";
import { Autocomplete, Dialog, Header, Input, Menu, MenuItem, MenuSection, Modal, ModalOverlay, SearchField } from "react-aria-components";
import { useSession } from "../account/session";
import { useCaretAtEnd } from "../ui/caret";
import { StatusMark } from "../ui/Status";
import { words } from "../words";
import { type Found, findThings, matching } from "./finding";
import { PLACES } from "./places";
import { nextTheme, setTheme, useTheme } from "./theme";
import "./palette.css";

const GROUPS = ["places", "approvals", "acts", "pipelines", "runs", "agents", "tools", "people"] as const;

export interface PaletteProps {
  workspace: string;
  text: string;
  onText: (text: string) => void;
  onClose: () => void;
  onKeys: () => void;
}

export function Palette(props: PaletteProps) {
  return (
    <ModalOverlay className="veil" isOpen onOpenChange={(open) => { if (!open) props.onClose(); }} isDismissable>
      <Modal className="over palette">
        <Dialog className="palette-dialog" aria-label={words.shell.commands}>
          <Finder {...props} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Finder({ workspace, text, onText, onClose, onKeys }: PaletteProps) {
  const input = useCaretAtEnd();
  const asked = useDeferredValue(text.trim());
  const own = useOwn(onKeys);
  const router = useRouter();
  const navigate = useNavigate();
  const things = useQuery({
    queryKey: ["shell", workspace, "find", asked],
    queryFn: ({ signal }) => findThings(workspace, asked, signal),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
  const found = [...matching(own, text), ...(things.data ?? [])];

  function go(id: string) {
    const item = found.find((each) => each.id === id);
    if (!item) return;
    onClose();
    if (item.act) item.act();
    else if (item.group === "places") void navigate({ to: PLACES.find(({ name }) => `place:${name}` === item.id)!.to, params: { workspace } });
    else router.history.push(router.history.createHref(`${new URL(document.baseURI).pathname}w/${encodeURIComponent(workspace)}/${item.to}`));
  }

  return (
    <Autocomplete inputValue={text} onInputChange={onText}>
      <SearchField className="palette-field" aria-label={words.shell.commands} autoFocus>
        <Input ref={input} className="palette-input" placeholder={words.shell.commands} maxLength={200} />
      </SearchField>
      <Menu className="palette-list" aria-label={words.shell.commands} onAction={(id) => go(String(id))}
        renderEmptyState={() => <div className="palette-empty quiet" role="status">{things.isFetching ? words.ui.loading : <><p>{words.shell.nothing}</p><p className="small">{words.shell.lookFor}</p></>}</div>}>
        {GROUPS.flatMap((group) => {
          const items = found.filter((each) => each.group === group);
          return items.length === 0 ? [] : [(
            <MenuSection key={group}>
              <Header className="menu-head">{words.shell.groups[group]}</Header>
              {items.map((each) => (
                <MenuItem key={each.id} id={each.id} textValue={each.title} className="menu-item">
                  <span className="row palette-title">{each.status && <StatusMark status={each.status} label={false} />}<span className="clip">{each.title}</span></span>
                  {each.about && <span className="quiet small clip palette-about">{each.about}</span>}
                </MenuItem>
              ))}
            </MenuSection>
          )];
        })}
      </Menu>
    </Autocomplete>
  );
}

/** What is there whatever the workspace has. */
function useOwn(onKeys: () => void): Found[] {
  const { signOut } = useSession();
  const theme = useTheme();
  return useMemo(() => [
    ...PLACES.map(({ name, key }): Found => ({ id: `place:${name}`, group: "places", title: words.shell.places[name], about: `g ${key}` })),
    ...Object.entries(words.account.parts).map(([part, title]): Found => ({ id: `part:${part}`, group: "acts", title, about: words.shell.places.account, to: `account?part=${part}` })),
    { id: "act:failed", group: "acts", title: words.shell.failedRuns, about: words.shell.places.runs, to: "runs?status=failed" },
    { id: "act:theme", group: "acts", title: words.shell.changeTheme(words.shell.themes[nextTheme(theme)]), act: () => setTheme(nextTheme(theme)) },
    { id: "act:keys", group: "acts", title: words.shell.keys, about: "?", act: onKeys },
    { id: "act:out", group: "acts", title: words.shell.signOut, act: () => void signOut() },
  ], [theme, onKeys, signOut]);
}
