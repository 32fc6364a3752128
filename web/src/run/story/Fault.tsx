// An error: what happened, whose fault it is, what to do, and the button that does it.

import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useSession } from "../../account/session";
import { type Fault as Cause, isOver } from "../../log/index";
import { Button } from "../../ui/Button";
import { Notice, Refused } from "../../ui/Notice";
import { words } from "../../words";
import { useRetry, useRunWithMore } from "../actions";
import { useRunPage, useTold } from "../context";
import { meaningOf, type Remedy } from "./faults";
import { ForkDialog } from "../lazyParts";

/** `from`: the node that failed, if one did; `isTried`: another attempt follows by itself. */
export function Fault({ error, title, from = null, isTried = false }: { error: Cause; title: string; from?: string | null; isTried?: boolean }) {
  const { whose, remedy, todo } = meaningOf(error.code);
  return (
    <Notice tone="bad" title={title} actions={!isTried && <Mend remedy={remedy} from={from} />}>
      <p dir="auto">{error.message}</p>
      <p className="quiet small">{words.run.whose[whose]} {isTried ? words.run.triedAgain : todo} <code>{error.code}</code></p>
    </Notice>
  );
}

function Mend({ remedy, from }: { remedy: Remedy; from: string | null }) {
  const { workspace, source, drawing } = useRunPage();
  const isEnded = useTold(source, () => isOver(source.history.latest));
  const { may } = useSession();
  const retry = useRetry(), more = useRunWithMore();
  const [isForking, fork] = useState(false);
  const why = may("member") ? undefined : words.run.mayNotRun;
  const places: Record<string, ReactNode> = {
    keys: <Link className="button" to="/w/$workspace/account" params={{ workspace }}>{words.run.setKey}</Link>,
    system: <Link className="button" to="/w/$workspace/system" params={{ workspace }}>{words.run.seeSystem}</Link>,
    change: drawing.pipeline && <Link className="button" to="/w/$workspace/pipelines/$pipeline" params={{ workspace, pipeline: drawing.pipeline.id }}>{words.run.editPipeline}</Link>,
  };
  return (
    <>
      {remedy === "limit" && isEnded && <Button isDisabled={Boolean(why) || more.isPending} onPress={() => more.mutate()}>{words.run.raiseLimit}</Button>}
      {remedy === "change" && isEnded && from !== null && <Button isDisabled={Boolean(why)} onPress={() => fork(true)}>{words.run.changeAndGoOn}</Button>}
      {places[remedy]}
      {isEnded && remedy !== "limit" && <Button isDisabled={Boolean(why) || retry.isPending} onPress={() => retry.mutate()}>{words.run.retry}</Button>}
      {why && isEnded && <span className="quiet small">{why}</span>}
      <Refused error={retry.error ?? more.error} />
      {isForking && from !== null && <ForkDialog from={from} onClose={() => fork(false)} />}
    </>
  );
}
