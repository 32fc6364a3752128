"""The calls of tools of an attempt, gathered from its facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from services.api.runs.attempts import Attempt, attempts_of
from shared.run import facts as f
from shared.run.content import ToolFault
from shared.run.wire import Recorded

T0 = datetime(2030, 1, 1, tzinfo=UTC)
STEP: dict[str, Any] = {"workspace": "w", "run": "r", "partition": 0, "step": 0, "node": "a"}


def place(turn: int, index: int, execution: int, attempt: int) -> dict[str, Any]:
    named = {"turn": turn, "index": index, "tool": "lookup", "call_id": f"c{turn}{index}"}
    return {**STEP, **named, "execution": execution, "attempt": attempt}


def called(turn: int, index: int, execution: int = 1, attempt: int = 1) -> f.ToolCalled:
    ids = place(turn, index, execution, attempt)
    return f.ToolCalled(**ids, input=f'{{"id": {index}}}', idempotency_key="k")


def returned(
    turn: int,
    index: int,
    outcome: Literal["ok", "error", "unknown"] = "ok",
    attempt: int = 1,
    error: ToolFault | None = None,
) -> f.ToolReturned:
    ids = place(turn, index, 1, attempt)
    return f.ToolReturned(**ids, outcome=outcome, output="found", error=error, seconds=0.5)


def attempts(*facts: f.Lifecycle) -> list[Attempt]:
    recorded = [
        Recorded(sequence=n, time=T0 + timedelta(seconds=n), fact=fact)
        for n, fact in enumerate(facts)
    ]
    return attempts_of(recorded)[0]


def test_a_call_has_what_was_asked_and_what_came_of_it() -> None:
    [attempt] = attempts(called(1, 0), returned(1, 0))
    [call] = attempt.calls.values()
    assert (call.tool, call.call_id, call.input) == ("lookup", "c10", '{"id": 0}')
    assert (call.called_at, call.returned_at) == (T0, T0 + timedelta(seconds=1))
    assert call.returned is not None
    assert (call.returned.outcome, call.returned.output) == ("ok", "found")


def test_a_lost_call_names_every_execution_that_began_it() -> None:
    [attempt] = attempts(called(1, 0, execution=1), called(1, 0, execution=3), returned(1, 0))
    [call] = attempt.calls.values()
    assert (call.executions, call.called_at) == ([1, 3], T0)


def test_a_refused_call_was_begun_by_nobody() -> None:
    fault = ToolFault(code="unknown_tool", message="no")
    [attempt] = attempts(returned(1, 0, "error", error=fault))
    [call] = attempt.calls.values()
    assert (call.executions, call.called_at, call.input) == ([], None, None)
    assert call.returned is not None
    assert call.returned.error == fault


def test_each_attempt_has_its_own_calls() -> None:
    first, second = attempts(called(1, 0), called(1, 1), called(1, 0, attempt=2))
    assert [*first.calls] == [(1, 0), (1, 1)]
    assert [*second.calls] == [(1, 0)]
