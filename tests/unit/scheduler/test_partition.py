"""A partition at work: what is folded, what is read, what is acked, when something goes wrong."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Sequence
from datetime import timedelta

import pytest

from services.scheduler.firing import fire
from services.scheduler.partition import Partition
from services.scheduler.runs import Runs
from shared.errors import Unavailable
from shared.log.flows import Flows
from shared.log.memory import Faults
from shared.log.port import AlreadyRecorded, Appended
from shared.log.subjects import rest_of
from shared.run import facts as f
from shared.run.facts import Lifecycle
from tests.metered import metric
from tests.simulation.alone import alone, request, rests
from tests.simulation.process import Connection
from tests.simulation.virtual import passes
from tests.unit.flow.drawing import drawing, edge, joined, node
from tests.unit.run.tale import DAWN, IDENTITY


class Working:
    """A partition being worked for the length of a block; timers are fired."""

    def __init__(self, log: Connection) -> None:
        self.partition = Partition(0, log, Runs(log, Flows(log)))
        self._log = log

    async def __aenter__(self) -> Partition:
        self._tasks = [
            asyncio.create_task(self.partition.work()),
            asyncio.create_task(fire(self._log)),
        ]
        await asyncio.sleep(0)
        return self.partition

    async def __aexit__(self, *raised: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)


def at(step: int, name: str, attempt: int = 1) -> dict[str, object]:
    return {**IDENTITY, "step": step, "node": name, "attempt": attempt}


class Losing(Connection):
    """Loses the first append of one subject, or the first call of one name."""

    lost = ""

    def __init__(self, server: Connection, name: str) -> None:
        super().__init__(server, name)
        self.has_lost = asyncio.Event()

    def append(
        self, fact: Lifecycle, beside: Sequence[bytes] = ()
    ) -> Awaitable[Appended | AlreadyRecorded]:
        if rest_of(fact) != self.lost:
            return super().append(fact, beside)
        self.lost = ""
        self.has_lost.set()
        answer: asyncio.Future[Appended | AlreadyRecorded] = asyncio.Future()
        lost = Unavailable("lost on purpose")
        asyncio.get_running_loop().call_later(0.001, answer.set_exception, lost)
        return answer

    def lose_call(self, name: str) -> None:
        def once(call: str) -> None:
            if call == name:
                self.before = lambda call: None
                raise Unavailable("lost on purpose")

        self.before = once


def test_a_run_is_worked_from_its_request_to_its_end() -> None:
    async def main(log: Connection) -> list[str]:
        async with Working(log):
            await request(log, joined("a-b"))
            await passes(0.01)
            await log.append(f.StepCompleted(**at(0, "a")))
            await passes(0.01)
            await log.append(f.StepCompleted(**at(1, "b")))
            await passes(0.01)
            await log.append(f.StepCompleted(**at(1, "b", attempt=2)))
            await passes(0.01)
        return await rests(log)

    ended = metric("penstock_runs_ended_total", status="completed")
    assert alone(main) == [
        "requested",
        "started",
        "step.0.1.ready.local.shared",
        "step.0.1.finished",
        "step.1.1.ready.local.shared",
        "step.1.1.finished",
        "finished",
        "step.1.2.finished",
    ]
    assert metric("penstock_runs_ended_total", status="completed") == ended + 1


def test_a_step_that_was_started_in_time_is_not_failed_by_its_queues_deadline() -> None:
    async def main(log: Connection) -> list[str]:
        async with Working(log):
            await request(log, drawing([node("a", queue_seconds=30)]))
            await passes(0.01)
            await log.append(f.StepStarted(**at(0, "a"), execution=1, worker="w"))
            await passes(40)
        return await rests(log)

    assert alone(main)[-2:] == ["step.0.1.1.started", "step.0.1.queue.due"]


def test_a_step_nobody_takes_is_failed_by_its_queues_deadline() -> None:
    async def main(log: Connection) -> list[str]:
        async with Working(log):
            await request(log, drawing([node("a", queue_seconds=30)]))
            await passes(40)
        return await rests(log)

    assert alone(main)[-4:] == ["step.0.1.queue.due", "step.0.1.finished", "stopping", "finished"]


def test_an_actor_whose_append_was_lost_does_not_end_the_run() -> None:
    raw = drawing(
        [
            node("ask", "condition", branches=[{"handle": "yes", "expression": "true"}]),
            node("a"),
            node("b"),
        ],
        [edge("ask", "a", "yes")],
    )

    async def main(server: Connection) -> list[str]:
        log = Losing(server, "losing")
        async with Working(log):
            await request(log, raw)
            await passes(0.01)
            log.lost = "step.1.skipped"
            first = server.append(f.StepCompleted(**at(0, "ask"), branches=()))
            await server.append(f.StepCompleted(**at(2, "b")))
            await first
            await passes(5)
        return await rests(log)

    assert alone(main)[-2:] == ["step.1.skipped", "finished"]


def test_a_timer_that_could_not_be_set_is_set_again() -> None:
    async def main(server: Connection) -> list[str]:
        log = Losing(server, "losing")
        raw = joined("a-b")
        async with Working(log):
            await request(log, raw)
            await passes(0.01)
            start = (DAWN + timedelta(minutes=5)).isoformat()
            log.lose_call("set_timer")
            await request(server, raw, run="run-2", start_at=start)
            await passes(600)
        return await rests(log, "run-2")

    assert alone(main)[:3] == ["requested", "start.due", "started"]


def test_a_partition_is_handed_over_only_when_all_it_had_begun_is_done() -> None:
    async def main(server: Connection) -> tuple[list[str], int]:
        log = Losing(server, "losing")
        async with Working(log):
            await request(log, joined("a-b"))
            await passes(1)
            log.lost = "step.1.1.ready.local.shared"
            recorded = server.append(f.StepCompleted(**at(0, "a")))
            await log.has_lost.wait()
        left = len(asyncio.all_tasks())
        await recorded
        return await rests(server), left

    told, tasks = alone(main, Faults(delay_seconds=0.05))
    assert told[-1] == "step.1.1.ready.local.shared"
    assert tasks == 1


@pytest.mark.parametrize(("faults", "is_read"), [(Faults(), False), (Faults(ack_lost=1), True)])
def test_a_run_is_read_anew_when_a_delivery_comes_again(faults: Faults, is_read: bool) -> None:
    async def main(log: Connection) -> list[str]:
        calls: list[str] = []
        async with Working(log):
            await request(log, joined("a-b"))
            await passes(0.01)
            log.before = calls.append
            await log.append(f.StepCompleted(**at(0, "a")))
            await passes(30)
        return calls

    assert ("history" in alone(main, faults)) == is_read


def test_a_run_with_a_fact_nobody_knows_is_parked_and_others_go_on() -> None:
    async def main(log: Connection) -> tuple[list[str], list[str]]:
        raw = joined("a-b")
        async with Working(log):
            await request(log, raw)
            await request(log, raw, run="run-2")
            await passes(0.01)
            newer = f.StepCompleted(**at(0, "a")).model_copy(update={"version": 2})
            with warnings.catch_warnings(action="ignore"):
                await log.append(newer)
            await log.append(f.StepCompleted(**{**at(0, "a"), "run": "run-2"}))
            await passes(0.01)
            await log.append(f.RunCancelRequested(**IDENTITY))
            await passes(0.01)
        return await rests(log), await rests(log, "run-2")

    parked, goes_on = alone(main)
    assert parked[-2:] == ["step.0.1.finished", "cancel"]
    assert goes_on[-1] == "step.1.1.ready.local.shared"


def test_facts_of_a_run_nobody_requested_are_passed_over() -> None:
    async def main(log: Connection) -> list[str]:
        async with Working(log):
            await log.append(f.StepCompleted(**at(0, "a")))
            await passes(0.01)
        return await rests(log)

    assert alone(main) == ["step.0.1.finished"]


def test_a_firing_for_a_run_that_left_the_log_is_dropped() -> None:
    async def main(log: Connection) -> list[str]:
        async with Working(log):
            fact = f.RunDeadlineReached(**IDENTITY)
            await log.set_timer(fact, DAWN + timedelta(seconds=1))
            await passes(2)
        return await rests(log)

    assert alone(main) == []
