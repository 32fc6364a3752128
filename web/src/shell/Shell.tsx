// The frame of every page: where one is, where one may go, which workspace, who.

import { Outlet, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { SessionProvider, useMe } from "../account/session";
import { rememberWorkspace } from "../account/signing/signing";
import { Problem } from "../api/client";
import { Button } from "../ui/Button";
import { later, Typed } from "../ui/later";
import { Refused } from "../ui/Notice";
import { words } from "../words";
import { Banner } from "./Banner";
import { Bar } from "./Bar";
import { useIsAway } from "./connection";
import type { PaletteProps } from "./Palette";
import { useKeys } from "./useKeys";
import "./shell.css";

const Palette = later(() => import("./Palette").then((found) => found.Palette), (props: PaletteProps) => <Typed {...props} label={words.shell.commands} look="unseen" />);
const KeysSheet = later(() => import("./KeysSheet").then((found) => found.KeysSheet));

export function Shell() {
  const { workspace } = useParams({ from: "/w/$workspace" });
  const me = useMe(workspace);
  const isOut = me.error instanceof Problem && me.error.status === 401;
  useEffect(() => {
    if (isOut) location.replace(new URL(`sign-in?next=${encodeURIComponent(location.href)}`, document.baseURI));
  }, [isOut]);
  useEffect(() => {
    if (me.data) rememberWorkspace(workspace, localStorage);
  }, [workspace, me.data]);
  if (me.data) {
    return (
      <SessionProvider me={me.data}>
        <Frame workspace={workspace} />
      </SessionProvider>
    );
  }
  if (!me.failureReason || isOut) return <p className="unseen" role="status">{words.ui.loading}</p>;
  return (
    <main className="page">
      <h1>{words.shell.closed}</h1>
      <Refused error={me.failureReason} actions={
        <>
          <Button onPress={() => void me.refetch()}>{words.ui.retry}</Button>
          <Button look="quiet" onPress={() => location.assign(new URL("sign-in", document.baseURI))}>{words.shell.elsewhere}</Button>
        </>
      } />
    </main>
  );
}

function Frame({ workspace }: { workspace: string }) {
  const [open, setOpen] = useState<"palette" | "keys" | null>(null);
  const [text, setText] = useState("");
  const isAway = useIsAway();
  const close = () => { setOpen(null); setText(""); };
  useKeys(workspace, { palette: () => setOpen("palette"), keys: () => setOpen("keys") });
  return (
    <>
      <a className="skip" href="#page" onClick={(event) => { event.preventDefault(); document.getElementById("page")?.focus(); }}>{words.shell.skip}</a>
      <div className="shell">
        <Bar workspace={workspace} isAway={isAway} onCommands={() => setOpen("palette")} />
        <main id="page" tabIndex={-1}>
          <Banner workspace={workspace} />
          <Outlet />
        </main>
      </div>
      {open === "palette" && <Palette workspace={workspace} text={text} onText={setText} onClose={close} onKeys={() => { close(); setOpen("keys"); }} />}
      {open === "keys" && <KeysSheet onClose={() => setOpen(null)} />}
    </>
  );
}
