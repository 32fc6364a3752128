"""The reader's law: the shared vectors, and what must hold for any run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock_client.call_view import CallView
from penstock_client.event import Event
from penstock_client.view import RunView, StepView, fold
from pydantic import JsonValue

from tests.cost import costs_less_than, cpu_cost

VECTORS = Path(__file__).parents[3] / "docs" / "reference" / "stream-vectors.json"


class WireEvent(TypedDict):
    id: int
    type: str
    data: dict[str, JsonValue]


class Vector(TypedDict):
    name: str
    events: list[WireEvent]
    expected: dict[str, JsonValue]


def read_vectors() -> list[Vector]:
    vectors: list[Vector] = json.loads(VECTORS.read_text())
    return vectors


def event(number: int, kind: str, /, **data: JsonValue) -> Event:
    return Event(number, kind, {"type": kind, "run": "r", **data})


def shown(view: RunView) -> dict[str, JsonValue]:
    steps = {str(step.step): shown_step(step) for step in view.ordered_steps()}
    return {"status": view.status, "needs_reread": view.needs_reread, "steps": steps}


def shown_step(step: StepView) -> JsonValue:
    return {
        "node": step.node,
        "status": step.status,
        "attempt": step.attempt,
        "execution": step.execution,
        "text": step.text,
        "thinking": step.thinking,
        "tool": step.tool,
        "blob": dict(step.blob) if step.blob else None,
        "error": code_of(step.error),
        "calls": [shown_call(call) for call in step.calls],
        "citations": [
            {"offset": each.offset, "url": each.url, "title": each.title, "text": each.text}
            for each in step.citations
        ],
        "citations_left_out": step.citations_left_out,
        "model": step.model,
        "stands_in_for": step.stands_in_for,
        "failures": [
            {"attempt": each.attempt, "model": each.model, "error": code_of(each.error)}
            for each in step.failures
        ],
    }


def shown_call(call: CallView) -> JsonValue:
    return {
        "turn": call.turn,
        "index": call.index,
        "tool": call.tool,
        "input": content(call.input),
        "times": call.times,
        "outcome": call.outcome,
        "output": content(call.output),
        "error": code_of(call.error),
    }


def content(given: str | Mapping[str, JsonValue] | None) -> JsonValue:
    return dict(given) if isinstance(given, Mapping) else given


def code_of(error: Mapping[str, JsonValue] | None) -> JsonValue:
    return error.get("code") if error else None


@pytest.mark.parametrize("vector", read_vectors(), ids=lambda vector: vector["name"])
def test_a_reader_shows_what_the_vector_expects(vector: Vector) -> None:
    view = fold(Event(**each) for each in vector["events"])
    if vector["expected"]["needs_reread"]:
        assert view.needs_reread
    else:
        assert shown(view) == vector["expected"]


STREAMED = {"step.delta", "step.thinking", "step.tool", "step.citation", "step.progress"}
TEXTS = st.text(alphabet="ab 🦦é日", max_size=6)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """The log of a run of two steps: retries, lost workers, and words from beyond the grave."""
    drawn: list[tuple[str, dict[str, JsonValue]]] = [("run.requested", {}), ("run.started", {})]
    for step in (0, 1):
        attempts = draw(st.integers(1, 3))
        for attempt in range(1, attempts + 1):
            drawn += draw(attempt_histories(step, attempt, is_last=attempt == attempts))
    drawn.append(("run.completed", {"result": []}))
    return [event(number, kind, **data) for number, (kind, data) in enumerate(drawn, 1)]


@st.composite
def attempt_histories(
    draw: st.DrawFn, step: int, attempt: int, *, is_last: bool
) -> list[tuple[str, dict[str, JsonValue]]]:
    fact: dict[str, JsonValue] = {"step": step, "node": "ab"[step], "attempt": attempt}
    drawn: list[tuple[str, dict[str, JsonValue]]] = [("step.ready", {**fact, "kind": "agent"})]
    text = ""
    for execution in range(1, draw(st.integers(1, 3)) + 1):
        drawn.append(("step.started", {**fact, "execution": execution}))
        drawn += draw(calls_of_tools({**fact, "execution": execution}))
        text = text[: draw(st.integers(0, len(text)))]
        for piece in draw(st.lists(TEXTS, max_size=4)):
            delta = {**fact, "execution": execution, "offset": len(text), "text": piece}
            drawn.append(("step.delta", delta))
            text += piece
            drawn.append(("step.citation", {**delta, "citation": {"cited_text": piece}}))
            if execution > 1 and draw(st.booleans()):
                ghost = {**fact, "execution": execution - 1, "offset": 99, "text": "ghost"}
                drawn.append(("step.delta", ghost))
    if is_last:
        source: JsonValue = {"offset": len(text), "citation": {"cited_text": text}}
        drawn.append(("step.completed", {**fact, "output": text, "citations": [source]}))
    else:
        drawn.append(("step.failed", {**fact, "error": {"code": "overloaded"}}))
        drawn.append(("step.retry_scheduled", {**fact, "delay_seconds": 5}))
    drawn.append(("step.delta", {**fact, "execution": 3, "offset": 0, "text": "ghost"}))
    return drawn


@st.composite
def calls_of_tools(
    draw: st.DrawFn, fact: dict[str, JsonValue]
) -> list[tuple[str, dict[str, JsonValue]]]:
    """Facts of calls in any order: begun again, returned twice, refused without being begun."""
    places = st.tuples(st.integers(1, 2), st.integers(0, 2), st.booleans())
    drawn: list[tuple[str, dict[str, JsonValue]]] = []
    for turn, index, is_over in draw(st.lists(places, max_size=4)):
        call = {**fact, "turn": turn, "index": index, "tool": "lookup"}
        more = {"outcome": draw(st.sampled_from(["ok", "unknown"])), "output": draw(TEXTS)}
        told = {**call, **more} if is_over else {**call, "input": "{}"}
        drawn.append(("tool.returned" if is_over else "tool.called", told))
    return drawn


@given(histories())
def test_the_calls_of_a_step_stand_in_order_and_each_once(history: list[Event]) -> None:
    for step in fold(history).ordered_steps():
        places = [call.place for call in step.calls]
        assert places == sorted(set(places))


@given(histories())
def test_of_what_came_of_a_call_the_first_stands(history: list[Event]) -> None:
    first: dict[tuple[JsonValue, ...], JsonValue] = {}
    for each in history:
        if each.type == "tool.returned":
            keys = ("step", "attempt", "turn", "index")
            first.setdefault(tuple(each.data[key] for key in keys), each.data["output"])
    for step in fold(history).ordered_steps():
        told = {(step.step, step.attempt, *each.place): each.output for each in step.calls}
        assert all(first.get(place) == output for place, output in told.items())


@given(histories())
def test_a_reader_of_every_word_and_one_who_came_afterwards_agree(history: list[Event]) -> None:
    afterwards = fold(each for each in history if each.type not in STREAMED)
    assert shown(fold(history)) == shown(afterwards)


@given(histories(), st.data())
def test_events_that_come_again_change_nothing(history: list[Event], data: st.DataObject) -> None:
    again: list[Event] = []
    for index, each in enumerate(history):
        again += [each, *data.draw(st.lists(st.sampled_from(history[: index + 1]), max_size=2))]
    assert fold(again) == fold(history)


@given(histories(), st.integers(0, 60))
def test_neighbouring_deltas_joined_under_the_last_id_give_the_same_view(
    history: list[Event], position: int
) -> None:
    head = history[:position]
    assert shown(fold(joined(head))) == shown(fold(head))


@given(histories(), st.integers(0, 60))
def test_the_text_of_a_step_is_what_its_highest_execution_wrote(
    history: list[Event], position: int
) -> None:
    for step in fold(history[:position]).ordered_steps():
        assert "ghost" not in step.text
        assert step.status != "failed" or step.text == ""


@given(histories(), st.integers(1, 60))
def test_a_view_is_never_changed_by_what_follows(history: list[Event], position: int) -> None:
    view = fold(history[:position])
    before = shown(view)
    fold(history[position:], view)
    assert shown(view) == before


def joined(history: list[Event]) -> list[Event]:
    result: list[Event] = []
    for each in history:
        last = result[-1] if result else None
        if last and last.type == each.type == "step.delta" and follows(last, each):
            text = f"{last.data['text']}{each.data['text']}"
            each = Event(each.id, each.type, {**last.data, "text": text})
            result.pop()
        result.append(each)
    return result


def follows(last: Event, each: Event) -> bool:
    keys = ("step", "attempt", "execution")
    end = int(str(last.data["offset"])) + len(str(last.data["text"]))
    return all(last.data[key] == each.data[key] for key in keys) and each.data["offset"] == end


def test_a_long_run_folds_in_linear_time() -> None:
    long = [event(n, "step.ready", step=n, node=str(n), attempt=1) for n in range(1, 20_001)]
    assert len(fold(long).steps) == 20_000
    cost = cpu_cost(lambda: fold(long[:2_000]))
    # Quadratic time would be a hundred times as much.
    assert costs_less_than(10 * 3 * cost, lambda: fold(long))


def test_what_a_model_is_at_is_shown_until_the_attempt_has_its_outcome() -> None:
    at: dict[str, JsonValue] = {"step": 0, "node": "a", "attempt": 1, "execution": 1}
    told: dict[str, JsonValue] = {"phase": "thinking", "tokens": 40, "seconds": 65.2}
    view = fold([event(1, "step.started", **at), event(2, "step.progress", **at, **told)])
    progress = view.steps[0].progress
    assert progress is not None
    assert {key: progress[key] for key in told} == told
    assert fold([event(3, "step.completed", **at, output="x")], view).steps[0].progress is None


def test_a_view_knows_from_the_start_how_many_steps_the_run_has() -> None:
    view = fold([event(1, "run.started", steps=5), event(2, "step.ready", step=0, node="a")])
    assert (view.number_of_steps, len(view.steps)) == (5, 1)
    unsaid = fold([event(1, "run.started"), event(2, "step.ready", step=0, node="a")])
    assert unsaid.number_of_steps == 1
    asked = [event(1, "run.cancel_requested"), event(2, "run.started", steps=5)]
    assert (fold(asked).status, fold(asked).number_of_steps) == ("cancelling", 5)


def test_what_was_used_is_known_with_every_turn_and_whole_at_the_outcome() -> None:
    at: dict[str, JsonValue] = {"step": 0, "node": "a", "attempt": 1, "execution": 1}
    turns = [
        event(n, "step.turn", **at, turn=n, usage={"input_tokens": 10, "output_tokens": n})
        for n in (1, 2)
    ]
    view = fold(turns)
    assert view.steps[0].usage == {"input_tokens": 20, "output_tokens": 3}
    whole: JsonValue = {"input_tokens": 30, "output_tokens": 4}
    told = fold([event(3, "step.completed", **at, output="x", usage=whole)], view)
    assert told.steps[0].usage == whole
    # A worker that was lost tells nothing of what it used.
    lost = fold([event(3, "step.failed", **at, error={"code": "lost"})], view)
    assert lost.steps[0].usage == view.steps[0].usage
