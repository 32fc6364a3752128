"""Laws of forks, for any run that is over and any way to fork it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.run import Fork, KeptStep, Plan, keep, plan_of, unfinished
from shared.run import facts as f
from shared.run.content import Blob, KeptDecision
from tests.unit.flow.drawing import Drawn
from tests.unit.run.driver import Driver
from tests.unit.run.flows import drawings
from tests.unit.run.judge import objections
from tests.unit.run.tale import ForkOf, Tale

seeds = st.integers(0, 2**32)


@dataclass(frozen=True)
class Forked:
    """A run that is over, what a fork of it was to be, and what became of that."""

    parent: Tale
    fork: Fork
    plan: Plan
    kept: tuple[KeptStep, ...]
    tale: Tale

    @property
    def is_retry(self) -> bool:
        return self.fork.keeps_approvals


def kept_of(parent: Tale, plan: Plan) -> tuple[KeptStep, ...]:
    steps = parent.flow.steps
    texts = {
        then: Blob(blob=f"{then:x}" * 64, size_bytes=4)
        for then in plan.kept.values()
        if not steps[then].passes_texts
    }
    decided = KeptDecision(decision="approve", run="run-0")
    decisions = {then: decided for then in plan.kept.values() if steps[then].kind == "approval"}
    return tuple(keep(parent.state, plan, texts, decisions))


def fork_of(parent: Tale, chance: Random) -> Fork:
    """Any fork of the run: as it was, from some steps, on another input, to some steps."""
    nodes = [step.node for step in parent.flow.steps]
    is_retry = chance.random() < 0.3
    named = unfinished(parent.state) if is_retry else {n for n in nodes if chance.random() < 0.2}
    until = tuple(n for n in range(len(nodes)) if chance.random() < 0.1)
    other = chance.random() < 0.2 and not is_retry
    return Fork(
        flow=parent.flow,
        input_sha256="sha-of-others" if other else "sha-of-words",
        variables={},
        nodes=frozenset(named),
        until=() if is_retry else until,
        keeps_approvals=is_retry,
    )


@st.composite
def forks(draw: st.DrawFn) -> Forked:
    raw, chance = draw(drawings()), Random(draw(seeds))
    parent = Driver(raw, chance).drive()
    return forked(raw, parent, fork_of(parent, chance), chance)


def forked(raw: Drawn, parent: Tale, fork: Fork, chance: Random) -> Forked:
    plan = plan_of(parent.state, fork)
    kept = kept_of(parent, plan)
    given_ = ForkOf({each.step: each for each in kept}, until=fork.until)
    driver = Driver(raw, chance)
    driver.tale = Tale(raw, fork=given_)
    return Forked(parent, fork, plan, kept, driver.drive())


@given(forks())
@settings(max_examples=300, deadline=None)
def test_every_fork_ends_in_order(one: Forked) -> None:
    assert one.tale.state.ended is not None
    assert objections(one.tale.flow, one.tale.history, until=one.fork.until) == []


@given(forks())
@settings(max_examples=300, deadline=None)
def test_what_is_kept_is_never_executed_and_comes_out_as_it_did(one: Forked) -> None:
    told = [r.fact for r in one.tale.history]
    kept = {x.step for x in told if isinstance(x, f.StepCompleted) and x.kept}
    began = {x.step for x in told if isinstance(x, f.StepReady | f.StepStarted | f.StepWaiting)}
    assert kept <= one.plan.kept.keys()
    assert not began & one.plan.kept.keys()
    if "stopping" not in one.tale.log:
        assert kept == one.plan.kept.keys()
    for number in kept:
        now, then = one.tale.state.step(number), one.parent.state.step(one.plan.kept[number])
        assert now.output is not None
        assert then.output is not None
        assert (now.output.sha256, now.output.branches) == (
            then.output.sha256,
            then.output.branches,
        )


@given(forks())
@settings(max_examples=300, deadline=None)
def test_what_was_to_be_skipped_never_begins(one: Forked) -> None:
    begun = {
        x.fact.step for x in one.tale.history if isinstance(x.fact, f.StepReady | f.StepCompleted)
    }
    assert not begun & set(one.plan.skipped)


@given(forks())
@settings(max_examples=300, deadline=None)
def test_the_plan_says_of_each_step_one_thing(one: Forked) -> None:
    plan = one.plan
    said = [*plan.kept, *plan.rerun, *plan.skipped]
    assert sorted(said) == list(range(len(one.tale.flow.steps)))
    for number in plan.kept:
        sources = {edge.source for edge in one.tale.flow.steps[number].inputs}
        assert sources <= plan.kept.keys() | set(plan.skipped)
        assert one.tale.flow.steps[number].node not in one.fork.nodes
    if not one.is_retry:
        assert not [n for n in plan.kept if one.tale.flow.steps[n].kind == "approval"]


@given(forks(), seeds)
@settings(max_examples=200, deadline=None)
def test_the_more_is_named_the_less_is_kept(one: Forked, seed: int) -> None:
    nodes = [step.node for step in one.tale.flow.steps]
    more = one.fork.nodes | {Random(seed).choice(nodes)}
    fork = Fork(
        flow=one.fork.flow,
        input_sha256=one.fork.input_sha256,
        variables=one.fork.variables,
        nodes=more,
        until=one.fork.until,
        keeps_approvals=one.fork.keeps_approvals,
    )
    plan = plan_of(one.parent.state, fork)
    assert plan.kept.keys() <= one.plan.kept.keys()
    assert set(one.plan.rerun) <= set(plan.rerun)


@given(forks())
@settings(max_examples=200, deadline=None)
def test_a_retry_keeps_all_that_completed_unless_something_before_it_did_not(one: Forked) -> None:
    if not one.is_retry:
        return
    state, flow = one.parent.state, one.parent.flow
    lost: set[int] = set()
    for step in flow.steps:
        now = state.step(step.number)
        if step.number in one.plan.skipped:
            continue
        is_lost = step.node in one.fork.nodes or any(e.source in lost for e in step.inputs)
        if is_lost:
            lost.add(step.number)
        elif now.output is not None:
            assert step.number in one.plan.kept
    assert set(one.plan.rerun) == lost


@given(forks(), seeds)
@settings(max_examples=100, deadline=None)
def test_a_fork_of_a_fork_keeps_what_the_fork_kept(one: Forked, seed: int) -> None:
    if one.tale.state.ended is None or one.fork.until:
        return
    raw_fork = Fork(
        flow=one.tale.flow,
        input_sha256="sha-of-words",
        variables={},
        nodes=unfinished(one.tale.state),
        keeps_approvals=True,
    )
    plan = plan_of(one.tale.state, raw_fork)
    if "stopping" not in one.tale.log:
        assert one.plan.kept.keys() <= plan.kept.keys()
