"""Histories that could have happened: the heart says what is owed, chance plays workers, people
and timers. Entries of several runs are mixed as a log would hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID

from shared.flow import Flow
from shared.log.port import Entry
from shared.log.subjects import address_of, rest_of
from shared.run import RunState, Stage, Timer, evolve, initial, owed
from shared.run import facts as f
from shared.run.content import Cause, Limits, Receipt, Usage
from shared.run.wire import Recorded, encode
from tests.unit.flow.drawing import drawing, edge, flow_of, node

BEGAN = datetime(2026, 11, 22, 12, tzinfo=UTC)
PARTITIONS = 4
LONGEST = 300
MODELS = (*["claude-haiku-5-5", "claude-sonnet-5-5-20260928"] * 9, None)


def flow_with_everything() -> Flow:
    """Retries, a failure one may carry on from, an approval with a dead branch, a merge."""
    nodes = [
        node("in", "input"),
        node("a", "agent", instructions="x", retry={"max_attempts": 3}),
        node("b", retry={"max_attempts": 2}, on_error="continue"),
        node("ask", "approval", timeout_seconds=60, default="approve"),
        node("yes"),
        node("no"),
        node("all", "merge"),
        node("out", "output"),
    ]
    edges = [
        edge("in", "a"),
        edge("in", "b"),
        edge("a", "ask"),
        edge("ask", "yes", "approved"),
        edge("ask", "no", "rejected"),
        edge("yes", "all"),
        edge("no", "all"),
        edge("b", "all"),
        edge("all", "out"),
    ]
    return flow_of(drawing(nodes, edges))


def run_id(chance: Random) -> str:
    """A UUIDv7 of about the time the histories tell of."""
    millis = int(BEGAN.timestamp() * 1000) + chance.randrange(10_000)
    number = (
        millis << 80 | 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62)
    )
    return str(UUID(int=number))


def entry(fact: f.Lifecycle, sequence: int) -> Entry:
    """The fact as the log would hold it, a second of the server's time for each sequence."""
    time = BEGAN + timedelta(seconds=sequence)
    return Entry(sequence, address_of(fact), rest_of(fact), encode(fact, time.isoformat()), time)


def mixed(runs: Sequence[Sequence[f.Lifecycle]], chance: Random) -> list[Entry]:
    """The runs' facts as one log, each run's in its order."""
    turns = [number for number, facts in enumerate(runs) for _ in facts]
    chance.shuffle(turns)
    nexts = [iter(facts) for facts in runs]
    return [entry(next(nexts[turn]), sequence) for sequence, turn in enumerate(turns, 1)]


def by_partition(entries: Iterable[Entry]) -> dict[int, list[Entry]]:
    """The entries as an intake hands them out."""
    found: dict[int, list[Entry]] = {}
    for each in entries:
        found.setdefault(each.address.partition, []).append(each)
    return found


class Life:
    """One run that chance leads to an end, or as far as it is let."""

    def __init__(self, flow: Flow, chance: Random, *, workspace: str = "acme") -> None:
        self._flow = flow
        self._chance = chance
        self.requested = f.RunRequested(
            workspace=workspace,
            run=run_id(chance),
            partition=chance.randrange(PARTITIONS),
            flow=flow.version,
            pipeline_id="p1" if chance.random() < 0.5 else None,
            input="what is asked",
            input_sha256=sha256(b"what is asked").hexdigest(),
            input_size_bytes=13,
            metadata={"k": [1, "two"]},
            limits=Limits(max_total_tokens=chance.choice((None, 700_000))),
        )
        self._facts: dict[str, f.Lifecycle] = {}
        self._state = initial(flow)

    def lived(self) -> list[f.Lifecycle]:
        """The facts in order, up to the run's end, with a void one behind it at times."""
        self._record(self.requested)
        while self._state.ended is None and len(self._facts) < LONGEST:
            for fact in list(self._possible()):
                self._record(fact)
        facts = list(self._facts.values())
        if self._state.steps and self._chance.random() < 0.3:
            late = self._of(1, 1)
            facts.append(f.StepStarted(**late, execution=9, worker="late"))
            turn = {"turn": 7, "execution": 9, "content": "late", "usage": self._used()}
            if self._state.step(1).attempt:
                facts.append(f.StepTurn(**late, model="claude-haiku-5-5", **turn))
        return facts

    def _record(self, fact: f.Lifecycle) -> None:
        rest = rest_of(fact)
        if rest in self._facts or self._state.ended is not None:
            return
        self._facts[rest] = fact
        sequence = len(self._facts)
        now = BEGAN + timedelta(seconds=sequence)
        self._state = evolve(self._state, Recorded(fact=fact, sequence=sequence, time=now))

    def _possible(self) -> Iterator[f.Lifecycle]:
        chance = self._chance
        if chance.random() < 0.01:
            yield f.RunCancelRequested(**self._run())
        for each in owed(self._state):
            if not isinstance(each, Timer):
                yield each
            elif chance.random() < 0.3:
                yield each.fact
        for number in list(self._state.open):
            if chance.random() < 0.6:
                yield from self._happens(number, self._state)

    def _happens(self, number: int, state: RunState) -> Iterator[f.Lifecycle]:
        step, chance = state.step(number), self._chance
        at = self._of(number, step.attempt)
        if step.stage is Stage.WAITING:
            yield f.StepDecided(**at, decision=chance.choice(("approve", "reject")))
        elif step.stage in (Stage.READY, Stage.QUEUE_DUE) or step.released:
            execution = step.execution + 1
            yield f.StepStarted(**at, execution=execution, worker=f"w{execution}")
        elif step.stage is Stage.EXECUTING:
            yield self._executed(at, step.execution)

    def _executed(self, at: dict[str, Any], execution: int) -> f.Lifecycle:
        used, model = self._used(), self._chance.choice(MODELS)
        match self._chance.randrange(10):
            case 0:
                return f.StepReleased(**at, execution=execution, worker="w")
            case 1:
                return f.StepStarted(**at, execution=execution + 1, worker="w+")
            case 2 | 3:
                turn = {"turn": 1, "model": model or "m", "content": "words", "usage": used}
                return f.StepTurn(**at, execution=execution, **turn)
            case 4 | 5:
                cause = Cause(code="x", message="m", retryable=self._chance.random() < 0.7)
                used = self._chance.choice((used, Usage()))
                return f.StepFailed(**at, execution=execution, error=cause, usage=used, model=model)
            case 6:
                receipt = Receipt(aborted_after_ms=1.5, usage=used)
                return f.StepCancelled(**at, execution=execution, receipt=receipt, model=model)
            case _:
                text = f"words of {at['node']}"
                weight = {
                    "output_sha256": sha256(text.encode()).hexdigest(),
                    "size_bytes": len(text),
                }
                return f.StepCompleted(
                    **at, execution=execution, output=text, usage=used, model=model, **weight
                )

    def _used(self) -> Usage:
        """Small prompts and large ones, which cost more a token."""
        chance = self._chance
        return Usage(
            input_tokens=chance.choice((3, 60_000)),
            output_tokens=chance.randrange(9),
            cache_read_tokens=chance.choice((0, 7, 50_000)),
            cache_creation_5m_tokens=chance.choice((0, 11)),
        )

    def _run(self) -> dict[str, Any]:
        at = self.requested
        return {"workspace": at.workspace, "run": at.run, "partition": at.partition}

    def _of(self, number: int, attempt: int) -> dict[str, Any]:
        node_id = self._flow.steps[number].node
        return {**self._run(), "step": number, "node": node_id, "attempt": attempt}


def lives(seed: int, count: int = 5) -> tuple[Flow, list[Entry]]:
    """Some runs of one flow, mixed."""
    chance = Random(seed)
    flow = flow_with_everything()
    return flow, mixed([Life(flow, chance).lived() for _ in range(count)], chance)
