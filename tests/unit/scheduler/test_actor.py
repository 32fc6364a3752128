"""What an actor asks for, and what it waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from services.scheduler.actor import Actor, Reaction
from shared.log.port import AlreadyRecorded, Appended
from shared.log.subjects import rest_of
from shared.run import NOTHING_KEPT, Kept, KeptStep, Recorded
from shared.run import facts as f
from shared.run.content import Blob, Limits
from shared.run.facts import Lifecycle
from tests.cost import calls_in
from tests.unit.flow.drawing import Drawn, drawing, edge, flow_of, joined, node
from tests.unit.run.tale import BUSY, DAWN, IDENTITY, NO_LIMITS

PASSING = drawing(
    [node("in", "input"), node("a"), node("out", "output")], [edge("in", "a"), edge("a", "out")]
)


class Desk:
    """An actor, and the facts it has sent off."""

    def __init__(self, raw: Drawn, limits: Limits = NO_LIMITS, kept: Kept = NOTHING_KEPT) -> None:
        self.sent: list[str] = []
        self.actor = Actor(flow_of(raw), self._append, kept)
        self._heard = 0
        self._limits = limits

    def _append(
        self, fact: Lifecycle, beside: Sequence[bytes]
    ) -> Awaitable[Appended | AlreadyRecorded]:
        self.sent.append(rest_of(fact))
        answer: asyncio.Future[Appended | AlreadyRecorded] = asyncio.Future()
        answer.set_result(Appended(len(self.sent)))
        return answer

    def request(self) -> Reaction:
        return self.hear(f.RunRequested(**IDENTITY, flow="x", limits=self._limits))

    def hear(self, fact: Lifecycle) -> Reaction:
        self._heard += 1
        time = DAWN + timedelta(seconds=self._heard)
        self.actor.fold(Recorded(fact=fact, sequence=self._heard, time=time))
        return self.actor.react()


def at(step: int, name: str) -> dict[str, object]:
    return {**IDENTITY, "step": step, "node": name, "attempt": 1}


async def test_a_chain_of_consequences_leaves_in_one_go() -> None:
    desk = Desk(PASSING)
    reaction = desk.request()
    assert desk.sent == ["started", "step.0.1.finished", "step.1.1.ready.local.shared"]
    assert (len(reaction.answers), desk.actor.unanswered, reaction.reread) == (3, 3, False)


async def test_the_end_waits_until_everything_before_it_is_answered() -> None:
    desk = Desk(PASSING)
    desk.request()
    desk.hear(f.StepCompleted(**at(1, "a")))
    assert desk.sent[3:] == ["step.2.1.finished"]
    assert desk.actor.deferred
    desk.actor.unanswered = 0
    desk.actor.react()
    assert desk.sent[4:] == ["finished"]
    assert not desk.actor.deferred


async def test_a_step_that_is_given_a_kept_text_waits_until_the_log_has_it() -> None:
    kept = {n: KeptStep(step=n, output=Blob(blob="ab" * 32, size_bytes=4)) for n in (0, 1)}
    desk = Desk(joined("a-b", "b-c", "x-y"), kept=kept)
    desk.request()
    ready_x = "step.3.1.ready.local.shared"
    assert set(desk.sent) == {"started", "step.0.1.finished", "step.1.1.finished", ready_x}
    assert desk.actor.deferred
    desk.actor.unanswered = 0
    desk.actor.react()
    assert desk.sent[4:] == ["step.2.1.ready.local.shared"]
    assert not desk.actor.deferred


async def test_any_number_of_steps_on_a_kept_text_leave_once_it_is_answered() -> None:
    names = [f"a{n}" for n in range(300)]
    raw = drawing([node("k"), *map(node, names)], [edge("k", name) for name in names])
    desk = Desk(raw, kept={0: KeptStep(step=0, output=Blob(blob="ab" * 32, size_bytes=4))})
    first = desk.request()
    assert desk.sent == ["started", "step.0.1.finished"]
    desk.actor.unanswered -= len(first.answers)
    second = desk.actor.react()
    assert len(second.answers) == len(names)
    desk.actor.unanswered -= len(second.answers)
    assert desk.actor.react().is_empty
    assert not desk.actor.deferred


async def test_the_end_waits_for_what_is_owed_together_with_it() -> None:
    desk = Desk(drawing([node("a")]))
    desk.actor.fold(Recorded(fact=f.RunRequested(**IDENTITY, flow="x"), sequence=1, time=DAWN))
    desk.hear(f.StepCompleted(**at(0, "a")))
    assert desk.sent == ["started"]
    assert desk.actor.deferred
    desk.actor.unanswered = 0
    desk.actor.react()
    assert desk.sent == ["started", "finished"]


async def test_a_fact_whose_time_decides_is_read_back_before_it_counts() -> None:
    desk = Desk(drawing([node("a")]))
    desk.request()
    reaction = desk.hear(f.StepFailed(**at(0, "a"), error=BUSY))
    assert desk.sent[-1] == "step.0.1.retry"
    assert reaction.reread
    assert desk.actor.state.step(0).delay_seconds == 0


async def test_nothing_follows_from_an_outcome_that_a_worker_may_have_forestalled() -> None:
    raw = drawing([node("a", queue_seconds=5, on_error="continue"), node("b")], [edge("a", "b")])
    desk = Desk(raw)
    desk.hear(f.RunRequested(**IDENTITY, flow="x"))
    desk.hear(f.StepReady(**at(0, "a"), kind="template", pool="local"))
    reaction = desk.hear(f.StepDue(**at(0, "a"), purpose="queue"))
    assert desk.sent[-1] == "step.0.1.finished"
    assert reaction.reread
    assert "step.1.skipped" not in desk.sent


async def test_a_timer_is_asked_for_until_it_stands_and_purged_when_it_is_overtaken() -> None:
    desk = Desk(drawing([node("a")]), Limits(deadline_seconds=60))
    (timer,) = desk.request().timers
    assert desk.actor.react().timers == [timer]
    desk.actor.has_set(timer.fact)
    assert desk.actor.react().timers == []
    stopping = desk.hear(f.RunStopping(**IDENTITY, reason="cancelled"))
    assert stopping.overtaken == [timer.fact]
    desk.actor.has_purged(timer.fact)
    assert desk.actor.react().overtaken == []


async def test_a_later_incarnation_knows_only_the_timers_that_stand() -> None:
    desk = Desk(drawing([node("a")]), Limits(deadline_seconds=60))
    (timer,) = desk.request().timers
    for stands in (False, True):
        if stands:
            desk.actor.has_set(timer.fact)
        later = Desk(drawing([node("a")]), Limits(deadline_seconds=60))
        later.actor.remember(desk.actor)
        assert (later.request().timers == []) == stands


def questions(count: int) -> Drawn:
    """So many questions with a time-out, side by side."""
    return drawing([node(f"q{n}", "approval", timeout_seconds=60) for n in range(count)])


def answering(count: int) -> Callable[[], None]:
    """What an actor does as each of so many questions, all asked and timed, is answered."""
    desk = Desk(questions(count))
    desk.request()
    for n in range(count):
        desk.hear(f.StepWaiting(**at(n, f"q{n}"), timeout_seconds=60))
    for timer in desk.actor.react().timers:
        desk.actor.has_set(timer.fact)
    assert desk.actor.react().is_empty
    asked = len(desk.sent)

    def work() -> None:
        for n in range(count):
            reaction = desk.hear(f.StepDecided(**at(n, f"q{n}"), decision="approve"))
            (overtaken,) = reaction.overtaken
            desk.actor.has_purged(overtaken)
        assert len(desk.sent) == asked + count

    return work


async def test_an_answer_costs_the_same_among_ten_times_as_many_questions() -> None:
    few, many = (calls_in(answering(count)) for count in (30, 300))
    assert many < 11 * few


async def test_when_a_run_stops_every_timer_of_its_steps_is_purged() -> None:
    desk = Desk(questions(3))
    desk.request()
    for n in range(3):
        desk.hear(f.StepWaiting(**at(n, f"q{n}"), timeout_seconds=60))
    for timer in desk.actor.react().timers:
        desk.actor.has_set(timer.fact)
    reaction = desk.hear(f.RunStopping(**IDENTITY, reason="cancelled"))
    assert {rest_of(fact) for fact in reaction.overtaken} == {
        f"step.{n}.1.approval.due" for n in range(3)
    }


async def test_a_timer_that_came_to_stand_too_late_is_purged_all_the_same() -> None:
    desk = Desk(questions(1))
    desk.request()
    (timer,) = desk.hear(f.StepWaiting(**at(0, "q0"), timeout_seconds=60)).timers
    desk.hear(f.StepDecided(**at(0, "q0"), decision="approve"))
    desk.actor.has_set(timer.fact)
    assert desk.actor.react().overtaken == [timer.fact]
