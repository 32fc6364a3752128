"""Tools called while workers die, and by two at once: each by its policy, and told as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.agent_worker.kinds.calling import UNKNOWN
from shared.log.memory import Faults
from shared.run import facts as f
from tests.simulation.conftest import SEEDS_AT_ONCE
from tests.simulation.errand import CALLS_A_TURN, KINDS, TURNS, Errand, Told, run_errand

SEEDS = 60
SLOW = Faults(delay_seconds=0.05, unanswered=0.03, ack_lost=0.05)
REPEATABLE = {name for name, policy in KINDS.items() if policy}


def objections_to(told: Told) -> Iterator[str]:
    """Everything that is wrong with what was done and told."""
    yield from (repr(failure) for failure in told.failures)
    facts = [recorded.fact for recorded in told.history]
    ended = [fact for fact in facts if isinstance(fact, f.StepFinished)]
    if [type(fact) for fact in ended] != [f.StepCompleted]:
        yield f"it ended as {ended}"
        return
    returned = [fact for fact in facts if isinstance(fact, f.ToolReturned)]
    places = sorted((fact.turn, fact.index) for fact in returned)
    if places != [(k, i) for k in range(1, TURNS + 1) for i in range(CALLS_A_TURN)]:
        yield f"these calls returned: {places}"
    yield from _by_policy(told, returned)
    # Whatever execution asked the model, it was told what stands in the log.
    outputs = [fact.output for fact in sorted(returned, key=lambda x: (x.turn, x.index))]
    for said in told.world.told:
        if [*said] != outputs[: len(said)]:
            yield f"the model was told {said}, the log has {outputs}"
    words = "\n\n".join(f"turn {n}" for n in range(1, TURNS + 2))
    completed = ended[0]
    assert isinstance(completed, f.StepCompleted)
    if completed.output != words:
        yield f"the answer is {completed.output!r}"
    yield from _read(facts, words)


def _by_policy(told: Told, returned: list[f.ToolReturned]) -> Iterator[str]:
    facts = [recorded.fact for recorded in told.history]
    calls = [fact for fact in facts if isinstance(fact, f.ToolCalled)]
    times = Counter((fact.turn, fact.index) for fact in calls)
    for fact in returned:
        key = f"{fact.run}.0.1.{fact.turn}.{fact.index}"
        begun = told.world.begun[key]
        if fact.tool not in REPEATABLE and begun > 1:
            yield f"{key} of a tool that may not be repeated was made {begun} times"
        if fact.outcome == "unknown" and (fact.tool in REPEATABLE or fact.output != UNKNOWN):
            yield f"{key} ended as {fact}"
        if fact.outcome == "unknown" and not times[fact.turn, fact.index]:
            yield f"{key} is unknown, and nobody began it"
        if fact.outcome == "ok" and not told.world.done[key]:
            yield f"{key} returned, and was not made"
        if fact.outcome == "error" and times[fact.turn, fact.index] < 3:
            yield f"{key} failed: {fact}"


def _read(facts: Sequence[object], words: str) -> Iterator[str]:
    """The text that a reader has, of the execution that ended the step."""
    text = ""
    for fact in facts:
        if isinstance(fact, f.StepDelta):
            text = text[: fact.offset] + fact.text
    if text and text != words:
        yield f"a reader has {text!r}"


def check(first: int, block: int, how: Errand) -> None:
    seeds = range(first + block * SEEDS_AT_ONCE, first + (block + 1) * SEEDS_AT_ONCE)
    tolds = {seed: run_errand(replace(how, seed=seed)) for seed in seeds}
    found = {seed: wrong for seed, told in tolds.items() if (wrong := [*objections_to(told)])}
    assert not found
    if how.kills:
        assert sum(told.world.kills for told in tolds.values()) > len(tolds)


def test_calls_are_made_once_when_nothing_goes_wrong(block: int) -> None:
    check(0, block, Errand())
    told = run_errand(Errand(seed=block))
    assert {*told.world.begun.values()} == {1}
    assert len(told.world.begun) == TURNS * CALLS_A_TURN


def test_workers_die_at_any_moment(block: int) -> None:
    check(10_000, block, Errand(kills=20))


def test_workers_die_and_two_are_at_it_at_once(block: int) -> None:
    check(20_000, block, Errand(kills=20, are_deaf=True))


def test_workers_die_two_are_at_it_and_the_log_loses_answers(block: int) -> None:
    check(30_000, block, Errand(kills=20, are_deaf=True, faults=SLOW))
