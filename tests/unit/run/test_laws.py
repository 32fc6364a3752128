"""Laws that hold for any flow and any history of it."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from immutables import Map

from shared.log.subjects import rest_of
from shared.run import (
    Recorded,
    Timer,
    evolve,
    fold,
    initial,
    owed,
    standing,
    status_of,
    step_status_of,
)
from shared.run import facts as f
from shared.run.content import Cause, Limits, ToolFault
from shared.run.meaning import LIFECYCLE
from tests.unit.flow.drawing import Drawn, flow_of
from tests.unit.run.driver import Driver
from tests.unit.run.flows import drawings
from tests.unit.run.judge import ENDS, OUTCOMES, objections
from tests.unit.run.tale import DAWN, IDENTITY, Tale

seeds = st.integers(0, 2**32)
limits = st.builds(
    Limits,
    deadline_seconds=st.none() | st.just(90),
    max_total_tokens=st.none() | st.integers(0, 60),
)
starts = st.sampled_from([None, None, (DAWN + timedelta(hours=1)).isoformat()])


@st.composite
def tales(draw: st.DrawFn) -> Tale:
    """A run of a random flow, driven to its end."""
    driver = Driver(
        draw(drawings()), Random(draw(seeds)), limits=draw(limits), start_at=draw(starts)
    )
    return driver.drive()


@given(tales())
@settings(max_examples=300, deadline=None)
def test_every_run_ends_in_order(tale: Tale) -> None:
    assert tale.state.ended is not None
    assert objections(tale.flow, tale.history) == []


@given(tales())
@settings(deadline=None)
def test_whoever_asked_to_cancel_before_the_end_gets_a_cancelled_run(tale: Tale) -> None:
    asked = "cancel" in tale.log
    assert (status_of(tale.state) == "cancelled") == asked


@given(tales())
@settings(deadline=None)
def test_nothing_begins_once_a_run_stops(tale: Tale) -> None:
    rests = list(tale.log)
    after = rests[rests.index("stopping") + 1 :] if "stopping" in rests else []
    assert not [
        rest for rest in after if ".ready." in rest or rest.endswith((".waiting", "skipped"))
    ]


@given(tales())
@settings(max_examples=200, deadline=None)
def test_a_decree_falls_at_once_where_nobody_is_at_work_and_later_on_all(tale: Tale) -> None:
    state = initial(tale.flow)
    for recorded in tale.history:
        state = evolve(state, recorded)
        if state.stop is None or state.ended is not None:
            continue
        decreed = {one.step for one in owed(state) if isinstance(one, f.StepCancelled)}
        at_work = {n for n in state.open if is_at_work(tale, state.step(n).attempt, n, recorded)}
        assert decreed == set(state.open) - (set() if state.stop_due else at_work)


@given(tales())
@settings(deadline=None)
def test_the_timers_that_may_stand_are_those_owed_if_nothing_stopped_the_run(tale: Tale) -> None:
    state = initial(tale.flow)
    for recorded in tale.history:
        state = evolve(state, recorded)
        calm = state._replace(
            cancel_requested=False,
            deadline_reached=False,
            stop=None,
            tokens=0,
            fatal=Map(),
        )
        stops = state.stop is not None or any(isinstance(x, f.RunStopping) for x in owed(state))
        wanted = {x for x in owed(calm) if isinstance(x, Timer)} if stops else set()
        assert set(standing(state)) == wanted


def is_at_work(tale: Tale, attempt: int, step: int, until: Recorded) -> bool:
    """By `until`, a worker had begun the attempt and not handed it back."""
    last = {True: 0, False: 0}
    for recorded in tale.history[: until.sequence]:
        fact = recorded.fact
        if isinstance(fact, f.StepStarted | f.StepReleased) and (fact.step, fact.attempt) == (
            step,
            attempt,
        ):
            last[isinstance(fact, f.StepStarted)] = fact.execution
    return last[True] > last[False]


@given(tales())
@settings(deadline=None)
def test_a_fact_that_is_heard_again_gives_the_same_object(tale: Tale) -> None:
    state = initial(tale.flow)
    for heard, recorded in enumerate(tale.history, 1):
        state = evolve(state, recorded)
        assert evolve(state, recorded) is state
        for earlier in tale.history[:heard]:
            assert evolve(state, earlier) is state


@given(tales())
@settings(deadline=None)
def test_folding_anew_gives_the_state_that_was_kept(tale: Tale) -> None:
    assert fold(tale.flow, tale.history) == tale.state


@given(tales(), seeds)
@settings(max_examples=200, deadline=None)
def test_any_order_that_keeps_causes_first_gives_an_equal_state(tale: Tale, seed: int) -> None:
    history = tale.history[:-1]
    whole = fold(tale.flow, history)
    shuffled = causally_shuffled(tale, history, Random(seed))
    assert fold(tale.flow, shuffled) == whole
    assert set(owed(fold(tale.flow, shuffled))) == set(owed(whole))


@given(tales())
@settings(deadline=None)
def test_what_is_recorded_is_no_longer_owed_and_what_is_owed_stays_so(tale: Tale) -> None:
    state = initial(tale.flow)
    heard: set[str] = set()
    for recorded in tale.history:
        state = evolve(state, recorded)
        heard.add(rest_of(recorded.fact))
        required = owed(state)
        facts = {rest_of(one) for one in required if isinstance(one, f.RunFact)}
        assert not facts & heard
        assert owed(state) == required


@given(tales())
@settings(deadline=None)
def test_statuses_end_with_the_run(tale: Tale) -> None:
    statuses = {step_status_of(tale.state, step.number) for step in tale.flow.steps}
    assert statuses <= {"completed", "failed", "skipped", "cancelled"}
    if isinstance(tale.state.ended, f.RunCompleted):
        assert "cancelled" not in statuses


@given(drawings(), seeds)
@settings(deadline=None)
def test_without_failures_and_cancels_every_attempt_is_the_first(raw: Drawn, seed: int) -> None:
    tale = Driver(raw, Random(seed), cancels=False).drive()
    outcomes = [r.fact for r in tale.history if isinstance(r.fact, OUTCOMES)]
    retried = {(x.step, x.attempt) for x in outcomes if isinstance(x, f.StepFailed)}
    assert all(x.attempt == 1 or (x.step, x.attempt - 1) in retried for x in outcomes)


def causally_shuffled(tale: Tale, history: list[Recorded], chance: Random) -> list[Recorded]:
    """The same facts with neighbours swapped, many times, where neither caused the other."""
    shuffled = list(history)
    for _ in range(len(shuffled) ** 2):
        at = chance.randrange(max(1, len(shuffled) - 1))
        pair = shuffled[at : at + 2]
        if len(pair) == 2 and not may_cause(tale, pair[0].fact, pair[1].fact):
            shuffled[at : at + 2] = pair[::-1]
    return shuffled


def may_cause(tale: Tale, one: f.Lifecycle | f.Stream, other: f.Lifecycle | f.Stream) -> bool:
    if isinstance(one, f.RunRequested) or isinstance(other, ENDS):
        return True
    if not isinstance(one, f.StepFact | f.StepSkipped):
        return isinstance(other, f.RunStopping | f.RunStopDue | f.RunStarted)
    if not isinstance(other, f.StepFact | f.StepSkipped):
        return isinstance(other, f.RunStopping)
    if one.step == other.step:
        return not are_rivals(one, other)
    return any(edge.source == one.step for edge in tale.flow.steps[other.step].inputs)


def are_rivals(one: f.RunFact, other: f.RunFact) -> bool:
    """Two that may be recorded in either order: a person and a clock, a worker and a clock."""
    kinds = {type(one), type(other)}
    purposes = {x.purpose for x in (one, other) if isinstance(x, f.StepDue)}
    answers = kinds == {f.StepDecided, f.StepDue} and purposes == {"approval"}
    starts = kinds in ({f.StepStarted, f.StepDue}, {f.StepReleased, f.StepDue})
    return answers or (starts and purposes == {"queue"})


# Facts nobody would record, in any order: total, never raising.

numbers = st.integers(-1, 4)
texts = st.sampled_from(["", "a", "yes"])
SAID: dict[str, st.SearchStrategy[object]] = {
    **{name: st.just(value) for name, value in IDENTITY.items()},
    **dict.fromkeys(("step", "attempt", "execution", "turn", "index"), numbers),
    **dict.fromkeys(("node", "flow", "kind", "pool", "worker", "model", "tool"), texts),
    **dict.fromkeys(("call_id", "input", "output", "idempotency_key"), texts),
    "outcome": st.sampled_from(["ok", "error", "unknown"]),
    "limits": limits,
    "start_at": starts,
    "error": st.builds(Cause, code=texts, message=texts, retryable=st.booleans()),
    "reason": st.sampled_from(["failed", "budget"]),
    "branches": st.none() | st.just(("yes",)),
    "delay_seconds": st.floats(0, 1e6),
    "timeout_seconds": st.none() | st.integers(1, 60),
    "decision": st.sampled_from(["approve", "reject"]),
    "purpose": st.sampled_from(["retry", "approval", "queue"]),
}
"""What fields may say, by name; the others say what they do by default."""


def said(kind: type[f.RunFact]) -> st.SearchStrategy[f.RunFact]:
    """Facts of this type."""
    says = {name: SAID[name] for name in kind.model_fields if name in SAID}
    if kind is f.ToolReturned:
        says["error"] = st.none() | st.builds(ToolFault, code=texts, message=texts)
    return st.builds(kind, **says)


any_fact = st.one_of(*map(said, LIFECYCLE))


@given(drawings(most=4), st.lists(any_fact, max_size=30))
@settings(max_examples=300, deadline=None)
def test_no_history_is_too_strange(raw: Drawn, facts: list[f.Lifecycle]) -> None:
    flow = flow_of(raw)
    state = initial(flow)
    for sequence, fact in enumerate([f.RunRequested(**IDENTITY, flow="x"), *facts], 1):
        recorded = Recorded(fact=fact, sequence=sequence, time=DAWN + timedelta(seconds=sequence))
        state = evolve(state, recorded)
        assert evolve(state, recorded) is state
        owed(state)
        status_of(state)
        for step in flow.steps:
            step_status_of(state, step.number)
