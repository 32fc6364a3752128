"""What a run is said to wait for: one sentence, and a word for programs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from services.api.runs.attempts import attempts_of
from services.api.runs.reading import RunRead
from services.api.runs.wait_model import WaitingFor
from services.api.runs.waiting_for import waiting_for
from shared.log.queues import LIMITED_QUEUES
from tests.unit.flow.drawing import agent, drawing, edge, node
from tests.unit.run.tale import BUSY, DAWN, Tale

POOLS = {"default", "local"}


def told(tale: Tale, served: Collection[str] | None = POOLS) -> WaitingFor | None:
    tale.settle()
    requested = tale.state.requested
    assert requested is not None
    history = tale.history
    return waiting_for(
        RunRead(requested, tale.flow, tale.state, history, attempts_of(history)), served
    )


def kind(tale: Tale, served: Collection[str] | None = POOLS) -> str | None:
    found = told(tale, served)
    return None if found is None else found.kind


def test_a_run_that_begins_later_waits_for_its_time() -> None:
    at = DAWN + timedelta(hours=1)
    found = told(Tale(drawing([agent("a")]), start_at=at.isoformat()))
    assert found == WaitingFor(kind="timer", text="It starts at 2030-01-01T01:00:00Z.", until=at)


def test_a_run_whose_pool_has_no_worker_says_which() -> None:
    tale = Tale(drawing([agent("a")]))
    found = told(tale, {"local"})
    assert found is not None
    assert (found.kind, found.until) == ("worker", None)
    assert found.text == "No worker lives that serves pool default, where a waits."
    assert kind(tale) is None
    assert kind(tale, None) is None, "nothing is known of workers"


def test_a_step_that_was_handed_back_waits_for_a_worker_and_one_at_work_for_nothing() -> None:
    tale = Tale(drawing([agent("a")]))
    tale.settle()
    tale.start("a")
    assert kind(tale, ()) is None
    tale.release("a")
    assert kind(tale, ()) == "worker"


def test_a_queue_of_a_limited_workspace_waits_for_its_limit() -> None:
    tale = Tale(drawing([agent("a")]), queue=LIMITED_QUEUES[7])
    assert kind(tale) == "workspace_limit"
    assert kind(tale, ()) == "worker"


def test_a_step_that_its_provider_would_refuse_says_until_when() -> None:
    tale = Tale(drawing([agent("a")]))
    tale.settle()
    tale.hand_back("a")
    found = told(tale)
    assert found is not None
    assert found.until == tale.timers["step.0.1.retry.due"].fires_at
    assert found.kind == "provider_limit"
    assert found.text.startswith("It waits for the limit of a's provider to be over, until 2030")


def test_a_failed_attempt_waits_for_its_next() -> None:
    tale = Tale(drawing([agent("a"), node("b")]))
    tale.settle()
    tale.fail("a", BUSY)
    assert kind(tale) is None, "another step is ready, and workers live"
    tale.complete("b")
    found = told(tale)
    assert found is not None
    assert (found.kind, found.until) == ("timer", tale.timers["step.0.1.retry.due"].fires_at)
    assert found.text.startswith("a failed and is tried again at 2030")


def test_an_approval_waits_for_a_person_before_anything_else() -> None:
    ask = node("ok", "approval", timeout_seconds=60, default="reject")
    tale = Tale(drawing([agent("a"), ask, node("b")], [edge("ok", "b", "approved")]))
    tale.settle()
    tale.hand_back("a")
    found = told(tale)
    assert found is not None
    assert (found.kind, found.text) == ("person", "A person is to decide at ok.")
    assert found.until == tale.log["step.1.1.waiting"].time + timedelta(seconds=60)


def test_a_run_that_stops_or_is_over_waits_for_nothing() -> None:
    tale = Tale(drawing([agent("a")]))
    tale.settle()
    tale.hand_back("a")
    tale.cancel()
    assert kind(tale) is None
