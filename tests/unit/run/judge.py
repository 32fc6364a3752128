"""Judges the history of a run by itself: what the rules forbid, without asking the heart.

A log may say more after the end (void facts); nothing of that is judged but that it is no end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from shared.flow import Edge, Flow, Step
from shared.run import Recorded
from shared.run import facts as f

ENDS = (f.RunCompleted, f.RunFailed, f.RunCancelled)
OUTCOMES = (f.StepCompleted, f.StepFailed, f.StepCancelled)


def objections(
    flow: Flow,
    history: Sequence[Recorded],
    *,
    in_bursts: bool = False,
    until: Sequence[int] = (),
    kept: Collection[int] = (),
) -> list[str]:
    """What is wrong with the history of a run that should be over; nothing if it is in order.

    It is to end behind the steps `until`, if there are any, and has the steps `kept` from another.

    `in_bursts`: a scheduler's facts were sent in one go and the first of them may have been lost,
    so what it resolves by itself may be recorded behind what followed from it, or, in a run that
    stopped meanwhile, not at all.
    """
    facts = [recorded.fact for recorded in sorted(history, key=lambda r: r.sequence)]
    ends = [at for at, fact in enumerate(facts) if isinstance(fact, ENDS)]
    if len(ends) != 1:
        return [f"expected one end, found {len(ends)}"]
    judge = _Judge(flow, _behind(flow, until))
    if in_bursts:
        judge.grant(facts[: ends[0]], kept)
    for fact in facts[: ends[0]]:
        judge.hear(fact)
    judge.hear_end(facts[ends[0]])
    outcomes = Counter((x.step, x.attempt) for x in facts if isinstance(x, OUTCOMES))
    judge.objections += [f"{key} has {n} outcomes" for key, n in outcomes.items() if n > 1]
    return judge.objections


def _behind(flow: Flow, until: Sequence[int]) -> frozenset[int]:
    """The steps that lead to none of these."""
    leads = set(until)
    for step in reversed(flow.steps):
        leads |= {step.number} if any(e.target in leads for e in step.outputs) else set()
    return frozenset(range(len(flow.steps))) - leads if until else frozenset()


class _Judge:
    def __init__(self, flow: Flow, behind: frozenset[int] = frozenset()) -> None:
        self.flow = flow
        self._behind = behind
        self.objections: list[str] = []
        self._taken: dict[int, tuple[str, ...] | None] = {}  # of completed steps: None means all
        self._dead: set[int] = set()
        self._never_heard: set[int] = set()
        self._settled: set[int] = set()
        self._cancelled = self._stopping = False
        self._retried: set[tuple[int, int]] = set()
        self._uncounted = Counter[int]()
        self._carried: set[tuple[int, int]] = set()

    def grant(self, facts: Sequence[f.Lifecycle | f.Stream], kept: Collection[int]) -> None:
        """Take what the scheduler resolved, or would have, as known from the beginning."""
        heard = {x.step for x in facts if isinstance(x, (f.StepSkipped, *OUTCOMES))}
        own = {s.number for s in self.flow.steps if s.kind in ("input", "output", "approval")}
        self._never_heard = own.union(kept) - heard
        for fact in facts:
            if isinstance(fact, f.StepSkipped):
                self._dead.add(fact.step)
            elif isinstance(fact, f.StepCompleted) and fact.execution is None:
                self._taken[fact.step] = fact.branches
        if any(isinstance(fact, f.RunStopping) for fact in facts):
            self._dead |= self._skips_lost(facts)

    def _skips_lost(self, facts: Sequence[f.Lifecycle | f.Stream]) -> set[int]:
        """Steps without a living input of which a run that stopped says nothing."""
        at_the_end = _Judge(self.flow)
        for fact in facts:
            if isinstance(fact, (f.StepSkipped, *OUTCOMES)):
                at_the_end.hear(fact)
        heard = {getattr(fact, "step", None) for fact in facts}
        lost = set()
        for step in self.flow.steps:  # in order: an input's number is lower
            sources = {edge.source for edge in step.inputs}
            if step.number in heard or not sources <= at_the_end.resolved:
                continue
            if sources and not any(at_the_end._is_alive(e.source, e.handle) for e in step.inputs):
                at_the_end._dead.add(step.number)
                lost.add(step.number)
        return lost

    @property
    def resolved(self) -> set[int]:
        """The steps of which it is known whether anything can follow from them."""
        return self._taken.keys() | self._dead

    def hear(self, fact: f.Lifecycle | f.Stream) -> None:
        match fact:
            case f.RunCancelRequested():
                self._cancelled = True
            case f.RunStopping():
                self._stopping = True
            case f.StepReady(attempt=attempt) if attempt > 1:
                if (fact.step, attempt - 1) not in self._retried:
                    self._object(fact, "is ready again before its retry was due")
            case f.StepReady() | f.StepWaiting():
                if fact.step in self._behind:
                    self._object(fact, "began behind the end of the run")
                self._expect_begun(fact.step)
                self._expect_texts(fact)
            case f.StepDue(purpose="retry"):
                self._retried.add((fact.step, fact.attempt))
            case f.StepSkipped():
                is_alive = any(self._is_alive(e.source, e.handle) for e in self._in(fact.step))
                if is_alive and fact.step not in self._behind:
                    self._object(fact, "was skipped though an input is alive")
                self._expect_resolved(fact.step)
                self._dead.add(fact.step)
                self._settled.add(fact.step)
            case f.StepCompleted() | f.StepFailed() | f.StepCancelled():
                self._hear_outcome(self.flow.steps[fact.step], fact)

    def hear_end(self, end: f.Lifecycle | f.Stream) -> None:
        match end:
            case f.RunCancelled():
                if not self._cancelled:
                    self.objections.append("the run was cancelled by nobody")
            case f.RunCompleted():
                left = len(self.flow.steps) - len(self._settled)
                if left:
                    self.objections.append(f"the run completed with {left} steps not settled")
            case f.RunFailed():
                if not self._stopping and end.error.code != "no_output":
                    self.objections.append("the run failed without having stopped")

    def _hear_outcome(self, step: Step, fact: f.StepFinished) -> None:
        is_kept = isinstance(fact, f.StepCompleted) and fact.kept
        if step.kind in ("input", "output") or is_kept:
            self._expect_begun(step.number)
        match fact:
            case f.StepCompleted():
                self._carried.add((fact.step, fact.attempt))
                self._taken[step.number] = fact.branches
                self._settled.add(step.number)
            case f.StepFailed():
                self._uncounted[fact.step] += not fact.counted
                counted = fact.attempt - self._uncounted[fact.step]
                lasting = not fact.error.retryable or counted >= step.retry.max_attempts
                if lasting and fact.counted and step.on_error == "continue":
                    self._dead.add(step.number)
                    self._settled.add(step.number)
            case f.StepCancelled():
                self._settled.add(step.number)

    def _expect_begun(self, number: int) -> None:
        self._expect_resolved(number)
        edges = self._in(number)
        known = not any(edge.source in self._never_heard for edge in edges)
        if edges and known and not any(self._is_alive(e.source, e.handle) for e in edges):
            self.objections.append(f"step {number} began though no input is alive")

    def _expect_texts(self, fact: f.StepReady | f.StepWaiting) -> None:
        """What carries the texts of its inputs is there, in bursts too: a worker reads it now."""
        for ref in (ref for given in fact.inputs for ref in given.sources()):
            is_here = (ref.step, ref.attempt) in self._carried
            if not is_here and not self.flow.steps[ref.step].passes_run_input:
                self._object(fact, f"was begun before the text of step {ref.step} was there")

    def _expect_resolved(self, number: int) -> None:
        for edge in self._in(number):
            if edge.source not in self.resolved | self._never_heard:
                self.objections.append(f"step {number} moved before its input {edge.source}")

    def _in(self, number: int) -> tuple[Edge, ...]:
        return self.flow.steps[number].inputs

    def _is_alive(self, source: int, handle: str | None) -> bool:
        if source not in self._taken:
            return False
        taken = self._taken[source]
        return taken is None or handle in taken

    def _object(self, fact: f.StepReady | f.StepWaiting | f.StepSkipped, what: str) -> None:
        self.objections.append(f"step {fact.step} {what}")
