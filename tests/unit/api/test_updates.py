"""Facts as updates of the pipeline stream: only agents count, text is whole, words are known."""

from typing import Any, get_args

import pytest

from services.api.compat.updates import STATUSES, Result, Turns, Update, Updates, frame
from shared.flow import Flow, parse
from shared.run import facts as f
from shared.run.content import Blob, Cause
from shared.run.status import RunStatus

RUN: dict[str, Any] = {"workspace": "default", "run": "r", "partition": 0}
DRAWN = {
    "nodes": [
        {"id": "in", "type": "input", "data": {}},
        {"id": "ann", "type": "agent", "data": {"label": "Ann", "instructions": "x"}},
        {"id": "both", "type": "merge", "data": {}},
        {"id": "ben", "type": "agent", "data": {"instructions": "x"}},
    ],
    "edges": [
        {"source": "in", "target": "ann"},
        {"source": "ann", "target": "both"},
        {"source": "both", "target": "ben"},
    ],
}
ANN, MERGE, BEN = 1, 2, 3


def drawn() -> Flow:
    flow = parse(DRAWN)
    assert isinstance(flow, Flow)
    return flow


def step(number: int, attempt: int = 1, execution: int | None = 1) -> dict[str, Any]:
    fields = {**RUN, "step": number, "node": "n", "attempt": attempt}
    return fields if execution is None else fields | {"execution": execution}


def started(number: int, attempt: int = 1, execution: int = 1) -> f.StepStarted:
    return f.StepStarted(**step(number, attempt, execution), worker="w")


def delta(number: int, text: str, attempt: int = 1, execution: int = 1) -> f.StepDelta:
    return f.StepDelta(**step(number, attempt, execution), offset=0, text=text)


def turn(number: int, attempt: int = 1) -> f.StepTurn:
    return f.StepTurn(**step(number, attempt), turn=1, model="m", content="[]")


def failed(number: int, attempt: int = 1) -> f.StepFailed:
    return f.StepFailed(**step(number, attempt), error=Cause(code="x", message="y"))


def called(turn: int, index: int, attempt: int = 1, execution: int = 1) -> f.ToolCalled:
    ids = step(ANN, attempt, execution)
    place: dict[str, Any] = {"turn": turn, "index": index, "tool": "lookup", "call_id": "c"}
    return f.ToolCalled(**ids, **place, input="{}", idempotency_key="k")


def returned(turn: int, index: int, attempt: int = 1, execution: int = 1) -> f.ToolReturned:
    ids = step(ANN, attempt, execution)
    place: dict[str, Any] = {"turn": turn, "index": index, "tool": "lookup", "call_id": "c"}
    return f.ToolReturned(**ids, **place, outcome="ok", output="found")


def told(*facts: f.Lifecycle | f.Stream, updates: Updates | None = None) -> list[Update]:
    updates = updates or Updates(drawn())
    return [u for n, fact in enumerate(facts, 10) for u in updates.after(n, fact)]


def bodies(*facts: f.Lifecycle | f.Stream, updates: Updates | None = None) -> list[Any]:
    return [dict(update.told) for update in told(*facts, updates=updates)]


def test_a_step_index_counts_agents_in_order_and_nothing_else() -> None:
    assert bodies(started(ANN), started(MERGE), started(BEN)) == [
        {"type": "step_start", "stepIndex": 0, "agentName": "Ann"},
        {"type": "step_start", "stepIndex": 1, "agentName": "ben"},
    ]


def test_words_and_tools_are_told_as_they_come() -> None:
    call = f.StepTool(**step(ANN), phase="call", tool="web_search")
    result = f.StepTool(**step(ANN), phase="result", tool="web_search")
    error = f.StepTool(**step(ANN), phase="error", tool="web_fetch")
    assert bodies(started(ANN), call, result, error, delta(ANN, "Hi"))[1:] == [
        {"type": "tool_use", "stepIndex": 0, "tool": "web_search"},
        {"type": "tool_result", "stepIndex": 0, "tool": "web_search"},
        {"type": "tool_result", "stepIndex": 0, "tool": "web_fetch"},
        {"type": "text_delta", "stepIndex": 0, "text": "Hi"},
    ]


def test_calls_of_tools_are_told_as_used_and_as_returned() -> None:
    side_by_side = (called(1, 0), called(1, 1), returned(1, 1), returned(1, 0))
    assert bodies(started(ANN), *side_by_side, called(2, 0))[1:] == [
        {"type": kind, "stepIndex": 0, "tool": "lookup"}
        for kind in ("tool_use", "tool_use", "tool_result", "tool_result", "tool_use")
    ]


def test_a_call_that_was_refused_is_told_as_used_and_as_returned() -> None:
    found = told(started(ANN), returned(1, 0))[1:]
    assert [(each.sequence, each.told["type"]) for each in found] == [
        (10, "tool_use"),
        (11, "tool_result"),
    ]


def test_a_lost_call_is_told_again_behind_the_new_start() -> None:
    lost = (started(ANN), called(1, 0), started(ANN, 1, 2))
    for again in ((called(1, 0, 1, 2), returned(1, 0, 1, 2)), (returned(1, 0, 1, 2),)):
        kinds = [body["type"] for body in bodies(*lost, *again)]
        assert kinds[2:] == ["step_start", "tool_use", "tool_result"]


def test_of_a_call_no_more_is_told_than_what_came_of_it_first() -> None:
    late = (called(1, 0), started(ANN, 1, 2), returned(1, 0, 1, 1), called(1, 0, 1, 2))
    kinds = [body["type"] for body in bodies(started(ANN), *late, returned(1, 0, 1, 2))]
    assert kinds == ["step_start", "tool_use", "step_start", "tool_use", "tool_result"]


def test_calls_of_an_attempt_that_is_over_are_not_told() -> None:
    over = (started(ANN), failed(ANN), called(1, 0), returned(1, 0))
    assert [body["type"] for body in bodies(*over)] == ["step_start"]
    done = (started(ANN), f.StepCompleted(**step(ANN), output=""), called(1, 0), returned(1, 0))
    assert [body["type"] for body in bodies(*done)] == ["step_start", "step_complete"]


@pytest.mark.parametrize("output", ["done", Blob(blob="ab", size_bytes=99_999)])
def test_a_completed_step_is_told_with_its_whole_output(output: str | Blob) -> None:
    completed = f.StepCompleted(**step(ANN), output=output)
    update = told(started(ANN), completed)[-1]
    assert (dict(update.told), update.later) == ({"type": "step_complete", "stepIndex": 0}, output)


def test_text_after_a_new_start_is_never_mixed_with_that_before() -> None:
    facts = (started(ANN), delta(ANN, "a"), failed(ANN), delta(ANN, "late"))
    again = (started(ANN, 2), delta(ANN, "stale"), delta(ANN, "b", 2))
    kinds = [(body["type"], body.get("text")) for body in bodies(*facts, *again)]
    assert kinds == [
        ("step_start", None),
        ("text_delta", "a"),
        ("step_start", None),
        ("text_delta", "b"),
    ]


def test_an_execution_that_goes_on_behind_finished_turns_is_told_their_text_again() -> None:
    found = told(started(ANN), turn(ANN), started(ANN, 1, 2))[1:]
    assert [(u.sequence, u.told["type"], u.later) for u in found] == [
        (11, "step_start", None),
        (12, "text_delta", Turns(ANN, 1, 12)),
    ]


def test_a_new_attempt_begins_without_the_turns_of_the_last() -> None:
    found = told(started(ANN), turn(ANN), failed(ANN), started(ANN, 2))
    assert [update.later for update in found] == [None, None]


def test_a_run_ends_with_its_result_or_with_an_error() -> None:
    (completed,) = told(f.RunCompleted(**RUN))
    assert (completed.told["type"], completed.later) == ("pipeline_complete", Result())
    of_step = Cause(code="x", message="no luck", step=BEN, node="ben")
    assert bodies(f.RunFailed(**RUN, error=of_step)) == [
        {"type": "error", "message": "no luck", "stepIndex": 1}
    ]
    of_merge = Cause(code="x", message="no luck", step=MERGE, node="both")
    assert bodies(f.RunFailed(**RUN, error=of_merge)) == [{"type": "error", "message": "no luck"}]
    assert bodies(f.RunCancelled(**RUN))[0]["type"] == "error"


def test_a_fresh_reader_hears_the_status_first_unless_it_is_pending() -> None:
    requested = f.RunRequested(**RUN, flow="v")
    facts = (requested, f.RunStarted(**RUN))
    assert bodies(*facts) == [{"type": "status", "status": "running"}]
    ended = Updates(drawn(), "completed")
    assert bodies(*facts, updates=ended) == [{"type": "status", "status": "completed"}]
    never_begun = Updates(drawn(), "failed", unstarted=True)
    assert bodies(requested, updates=never_begun) == [{"type": "status", "status": "failed"}]


def test_every_status_is_one_of_four() -> None:
    assert STATUSES.keys() == set(get_args(RunStatus))
    assert set(STATUSES.values()) == {"pending", "running", "completed", "failed"}


def test_an_update_is_one_line_under_its_id() -> None:
    update = Update(7, {"type": "text_delta", "stepIndex": 0, "text": "a\nb\u2028"})
    line = '{"type":"text_delta","stepIndex":0,"text":"a\\nb\u2028"}'
    assert frame(update, {}).decode() == f"id: 7\nevent: update\ndata: {line}\n\n"
