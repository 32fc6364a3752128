"""Which steps a fork keeps: a pure function of the run it goes back to and of what is changed.

    kept     completed there, not to run again, its work and its inputs unchanged, and everything
             before it kept, or skipped again
    skipped  no input can be alive, whatever becomes of the steps that run
    rerun    everything else, as far as the fork goes

Approvals are asked again: nobody's yes is carried over to something they did not see. Only who
tries the same again, unchanged, keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from shared.flow import (
    AgentWork,
    ConditionWork,
    Edge,
    Flow,
    Step,
    Work,
    is_filled_with_input,
    variables_in,
)
from shared.run.content import Blob, KeptDecision
from shared.run.kept import NO_SOURCES, NOTHING_NAMED, KeptStep, Named, leading_to
from shared.run.state import Output, RunState, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """What is to run: a flow, on an input (by hash) and with variables.

    `nodes` are to run again whatever is unchanged of them; the run ends behind the steps `until`,
    if there are any.
    """

    flow: Flow
    input_sha256: str
    variables: Mapping[str, str]
    nodes: frozenset[str] = frozenset()
    until: tuple[int, ...] = ()
    keeps_approvals: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of the steps of a fork, by their numbers in its flow, ascending.

    `kept` leads to the step's number in the parent.
    """

    kept: Mapping[int, int]
    rerun: tuple[int, ...]
    skipped: tuple[int, ...]


class _Fate(Enum):
    KEPT = auto()
    SKIPPED = auto()
    RERUN = auto()


@dataclass(slots=True)
class _Planner:
    parent: RunState
    fork: Fork
    has_other_input: bool
    changed: frozenset[str]
    fates: dict[int, _Fate] = field(default_factory=dict)
    kept: dict[int, int] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)

    def fate_of(self, step: Step) -> _Fate:
        if any(self.fates[edge.source] is _Fate.RERUN for edge in step.inputs):
            return _Fate.RERUN
        if step.inputs and not any(self._is_alive(edge) for edge in step.inputs):
            return _Fate.SKIPPED
        number = self.numbers.get(step.node)
        if number is None or not self._stands(step, self.parent.flow.steps[number]):
            return _Fate.RERUN
        self.kept[step.number] = number
        return _Fate.KEPT

    def _is_alive(self, edge: Edge) -> bool:
        if edge.source not in self.kept:
            return False
        branches = self._output(self.kept[edge.source]).branches
        return branches is None or edge.handle in branches

    def _output(self, number: int) -> Output:
        output = self.parent.step(number).output
        assert output is not None
        return output

    def _stands(self, step: Step, then: Step) -> bool:
        """What the parent has of the step is what it would come to again."""
        found = self.parent.step(then.number)
        if found.stage is not Stage.FINISHED or found.output is None:
            return False
        is_asked_again = step.kind == "approval" and not self.fork.keeps_approvals
        if step.node in self.fork.nodes or is_asked_again:
            return False
        return self._is_unchanged(step, then)

    def _is_unchanged(self, step: Step, then: Step) -> bool:
        if step.kind != then.kind or _asked(step.work) != _asked(then.work):
            return False
        if _sources(self.fork.flow, step) != _sources(self.parent.flow, then):
            return False
        if self._loses_a_text(step, then):
            return False
        takes_run_input = step.passes_run_input or not step.inputs
        if self.has_other_input and takes_run_input and is_filled_with_input(step.work):
            return False
        names_all = isinstance(step.work, ConditionWork)
        return not (self.changed if names_all else self.changed & variables_in(step.work))

    def _loses_a_text(self, step: Step, then: Step) -> bool:
        """A step before it is skipped that was not: its text does not come any more."""
        return any(
            self.fates[now.source] is _Fate.SKIPPED
            and self.parent.step(before.source).stage is not Stage.SKIPPED
            for now, before in zip(step.inputs, then.inputs, strict=True)
        )


def plan_of(parent: RunState, fork: Fork) -> Plan:
    """What becomes of each step of the fork. O(nodes + edges).

    `parent` is a run that is over, folded.
    """
    assert parent.requested is not None
    then, now = parent.requested.variables, fork.variables
    planner = _Planner(
        parent=parent,
        fork=fork,
        has_other_input=parent.requested.input_sha256 != fork.input_sha256,
        changed=frozenset(n for n in {*then, *now} if then.get(n) != now.get(n)),
        numbers={step.node: step.number for step in parent.flow.steps},
    )
    steps = fork.flow.steps
    wanted = leading_to(fork.flow, fork.until) if fork.until else frozenset(range(len(steps)))
    for step in steps:
        if step.number in wanted:
            planner.fates[step.number] = planner.fate_of(step)
    return Plan(
        kept=planner.kept,
        rerun=tuple(n for n, fate in planner.fates.items() if fate is _Fate.RERUN),
        skipped=tuple(
            n for n in range(len(steps)) if planner.fates.get(n, _Fate.SKIPPED) is _Fate.SKIPPED
        ),
    )


def keep(
    parent: RunState,
    plan: Plan,
    texts: Mapping[int, Blob],
    decisions: Mapping[int, KeptDecision],
    named: Mapping[int, Named] = NOTHING_NAMED,
) -> Iterator[KeptStep]:
    """What the plan keeps of the parent, in order.

    By the parent's numbers: `texts` are the outputs of steps that have one of their own, as bodies
    of the new run, `decisions` the answers that approvals got, `named` the sources of answers.
    """
    for now, then in plan.kept.items():
        output = parent.step(then).output
        assert output is not None
        sources = named.get(then, NO_SOURCES)
        yield KeptStep(
            step=now,
            output=texts.get(then),
            output_sha256=output.sha256,
            size_bytes=output.size_bytes,
            branches=output.branches,
            decided=decisions.get(then),
            stop_reason=output.stop_reason,
            truncated=output.truncated,
            is_json=output.is_json,
            citations=sources.citations,
            citations_left_out=sources.left_out,
        )


def unfinished(parent: RunState) -> frozenset[str]:
    """The nodes of the steps that did not complete, and were not skipped."""
    return frozenset(
        step.node
        for step in parent.flow.steps
        if parent.step(step.number).output is None
        and parent.step(step.number).stage is not Stage.SKIPPED
    )


def _asked(work: Work) -> Work:
    """The work without what is for people alone."""
    if isinstance(work, AgentWork):
        return work.model_copy(update={"agent_id": None, "name": None})
    return work


def _sources(flow: Flow, step: Step) -> list[tuple[str, str | None]]:
    """Where its inputs come from, in the order in which they are joined."""
    return [(flow.steps[edge.source].node, edge.handle) for edge in step.inputs]
