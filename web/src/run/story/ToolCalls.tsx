// The calls of tools that a step made: with what, what came of it, how long it took.

import { useState } from "react";
import type { Call } from "../../log/index";
import { Button } from "../../ui/Button";
import { duration } from "../../ui/figures";
import { StatusMark } from "../../ui/Status";
import { words } from "../../words";
import { Folded } from "../text/Output";

const LOOKS = { ok: "completed", error: "failed", unknown: "waiting" } as const;
const SHOWN = 30;

export function ToolCalls({ calls, name }: { calls: readonly Call[]; name: string }) {
  const [isAll, showAll] = useState(false);
  return (
    <section>
      <h3>{words.run.tools}</h3>
      <ol className="run-list run-calls">
        {(isAll ? calls : calls.slice(0, SHOWN)).map((call) => <OneCall key={`${call.turn}.${call.index}`} call={call} name={name} />)}
      </ol>
      {!isAll && calls.length > SHOWN && <Button look="quiet" small onPress={() => showAll(true)}>{words.ui.more} ({calls.length - SHOWN})</Button>}
    </section>
  );
}

function OneCall({ call, name }: { call: Call; name: string }) {
  const file = `${name}-${call.tool}-${call.turn}-${call.index}`;
  return (
    <li className="run-call">
      <StatusMark status={call.outcome ? LOOKS[call.outcome] : "running"} />
      <div className="row">
        <strong className="mono">{call.tool}</strong>
        <span className="quiet small number">
          {call.outcome ? words.run.outcomes[call.outcome] : words.run.underWay}
          {call.seconds !== null && ` · ${duration(call.seconds * 1000)}`}
          {call.times > 1 && ` · ${words.run.begunTimes} ${call.times}`}
          {call.isCut && ` · ${words.run.cut}`}
        </span>
      </div>
      {call.error && <p className="run-failed small" dir="auto">{call.error.message} <code>{call.error.code}</code></p>}
      {call.input !== null && <Folded title={words.run.arguments} text={call.input} name={`${file}-arguments`} isJson />}
      {call.output !== null && call.output !== call.error?.message && <Folded title={words.run.result} text={call.output} name={`${file}-result`} isJson />}
    </li>
  );
}
