"""Everything one read of the log tells about an attempt, and what follows from it.

gone       the run is not in the log, or is over: nothing is owed
settled    the attempt has its outcome
stopped    the run is stopping: the attempt is recorded as cancelled
poisoned   an execution of it was lost alone: the attempt is recorded as failed
execute    begin execution `e`
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from services.agent_worker.blame import SUSPECT_AFTER, Lost, OfAttempt, executions, lost_in
from shared.log.entries import fact_of
from shared.log.port import Entry
from shared.log.subjects import CANCEL, FINISHED, REQUESTED, STOPPING, StepKey, step_rest, tool_rest
from shared.run import decode
from shared.run.content import Blob, ContentRef
from shared.run.facts import (
    RunRequested,
    StepCompleted,
    StepReady,
    StepTurn,
    ToolCalled,
    ToolReturned,
)
from shared.run.texts import sources_of

STOPS = (CANCEL, STOPPING)
RUN_RESTS = (REQUESTED, *STOPS, FINISHED)

Verdict: TypeAlias = Literal["gone", "settled", "stopped", "poisoned", "execute"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the log knew of an attempt when it was read.

    `execution` is the number of the next one; `may_be_alive`: the one before it was not handed
    back, so its worker may still be at it; `lost` are those lost since the last progress; `turns`
    are in order; `outputs` are finished facts; `tooling` is what was called, and what came of it.
    """

    requested: RunRequested | None
    is_over: bool
    is_stopping: bool
    is_settled: bool
    execution: int
    may_be_alive: bool
    lost: tuple[Lost, ...]
    turns: tuple[StepTurn, ...]
    outputs: Mapping[ContentRef, StepCompleted]
    tooling: tuple[ToolCalled | ToolReturned, ...] = ()

    @property
    def verdict(self) -> Verdict:
        if self.requested is None or self.is_over:
            return "gone"
        if self.is_settled:
            return "settled"
        if self.is_stopping:
            return "stopped"
        return "poisoned" if any(each.alone for each in self.lost) else "execute"

    @property
    def is_large(self) -> bool:
        """It works on texts that stand beside the log."""
        outputs = self.outputs.values()
        return any(isinstance(fact.output, Blob) for fact in outputs)

    @property
    def is_suspect(self) -> bool:
        """It may be what its workers died of: it is to be tried alone."""
        return len(self.lost) >= SUSPECT_AFTER


def rests_of(ready: StepReady, *, again: bool) -> list[str]:
    """What has to be read, as subject filters behind the run; the inputs come last.

    Earlier executions are looked for only when the delivery comes again: should there be one
    nevertheless (a server that forgot its delivery), its `started` refuses ours.
    """
    own = StepKey(ready.step, ready.attempt)
    earlier = (own.started(), own.released(), own.turn(), own.tools()) if again else ()
    sources = dict.fromkeys(sources_of(ready.inputs))
    inputs = (StepKey(ref.step, ref.attempt).finished() for ref in sources)
    return [*RUN_RESTS, own.finished(), *earlier, *inputs]


def context_of(ready: StepReady, entries: Iterable[Entry]) -> Context:
    """What these entries, selected by `rests_of(ready)`, say. Raises: Corrupt."""
    own = StepKey(ready.step, ready.attempt)
    run: dict[str, Entry] = {}
    attempt: OfAttempt = {}
    tooling: list[Entry] = []
    outputs: dict[ContentRef, StepCompleted] = {}
    for entry in entries:
        if entry.rest in RUN_RESTS:
            run[entry.rest] = entry
        elif (found := step_rest(entry.rest)) and found.key == own:
            attempt[found.word, found.number] = entry
        elif tool_rest(entry.rest):
            tooling.append(entry)
        else:
            output = fact_of(entry, StepCompleted)
            outputs[ContentRef(step=output.step, attempt=output.attempt)] = output
    requested = run.get(REQUESTED)
    released = executions(attempt, "released")
    last = max(executions(attempt, "started") | released, default=0)
    return Context(
        requested=None if requested is None else fact_of(requested, RunRequested),
        is_over=FINISHED in run,
        is_stopping=any(rest in run for rest in STOPS),
        is_settled=("finished", 0) in attempt,
        execution=1 + last,
        may_be_alive=last > 0 and last not in released,
        lost=lost_in(attempt, tooling),
        turns=_turns(attempt),
        outputs=outputs,
        tooling=_tooling(tooling),
    )


def context_beside(ready: StepReady, beside: Sequence[bytes]) -> Context | None:
    """What the facts that came along say of an attempt nobody has begun; None if not enough.

    Raises: Corrupt.
    """
    run = ready.workspace, ready.run
    facts = [fact for fact in map(decode, beside) if (fact.workspace, fact.run) == run]
    requested = next((fact for fact in facts if isinstance(fact, RunRequested)), None)
    outputs = {
        ContentRef(step=fact.step, attempt=fact.attempt): fact
        for fact in facts
        if isinstance(fact, StepCompleted)
    }
    if requested is None or not outputs.keys() >= set(sources_of(ready.inputs)):
        return None
    return replace(context_of(ready, ()), requested=requested, outputs=outputs)


def _turns(attempt: OfAttempt) -> tuple[StepTurn, ...]:
    facts = [entry.recorded().fact for (word, _), entry in attempt.items() if word == "turn"]
    turns = [fact for fact in facts if isinstance(fact, StepTurn)]
    return tuple(sorted(turns, key=lambda turn: turn.turn))


def _tooling(entries: Iterable[Entry]) -> tuple[ToolCalled | ToolReturned, ...]:
    facts = (entry.recorded().fact for entry in entries)
    return tuple(fact for fact in facts if isinstance(fact, ToolCalled | ToolReturned))
