"""Fields that are nearly the name of one a step reads, and models nobody knows."""

from __future__ import annotations

import pytest

from shared.flow import JSON, Flow, model_warnings_of, parse, version_of, warnings_of
from shared.flow.nearness import distance
from shared.flow.warnings import MOST_WARNINGS
from tests.unit.flow.drawing import Drawn, agent, drawing, node


def warned(*nodes: Drawn) -> list[tuple[str, tuple[str, ...]]]:
    return [(w.message.split("did you mean ")[1], w.nodes) for w in warnings_of(drawing([*nodes]))]


@pytest.mark.parametrize(
    ("kind", "field", "meant"),
    [
        ("agent", "max_token", "max_tokens"),
        ("agent", "instruction", "instructions"),
        ("agent", "timeout_second", "timeout_seconds"),
        ("agent", "maxTokens", "max_tokens"),
        ("agent", "on-error", "on_error"),
        ("agent", "modle", "model"),
        ("agent", "Tools", "tools"),
        ("agent", "agentid", "agent_id"),
        ("agent", "allowed_domian", "allowed_domains"),
        ("template", "tempalte", "template"),
        ("merge", "strategie", "strategy"),
        ("approval", "promt", "prompt"),
        ("approval", "defualt", "default"),
        ("condition", "branchs", "branches"),
        ("output", "poool", "pool"),
        ("agent", "firstTokenSecond", "first_token_seconds"),
        ("agent", "first-token-second", "first_token_seconds"),
        ("agent", "max" + "_" * 31 + "tokens", "max_tokens"),
    ],
)
def test_a_field_that_is_nearly_a_known_one_is_told_with_node_and_name(
    kind: str, field: str, meant: str
) -> None:
    data: Drawn = {field: "x"}
    [warning] = warnings_of(drawing([node("a", kind), {"id": "b", "type": kind, "data": data}]))
    assert (warning.code, warning.nodes) == ("unknown_field", ("b",))
    assert (
        warning.message
        == (
            f'node "b": expected a known field, got "{field}", which nothing reads; '
            f'did you mean "{meant}"?'
        )
        or kind == "template"
    )


@pytest.mark.parametrize(
    "field",
    ["label", "description", "position", "width", "height", "color", "colour", "style", "selected",
     "icon", "title", "text", "value", "values", "output", "outputs", "input", "inputs", "type",
     "status", "system", "temperature", "top_p", "role", "tags", "data", "url", "className", "tool",
     "templateId", "modelName", "version", "onChange", "retries", "timeout", "id",
     "x" * 10_000, ""],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["input", "output", "template", "approval"])
def test_fields_of_other_tools_are_passed_over(kind: str, field: str) -> None:
    assert not warnings_of(drawing([node("a", kind, **{field: "x"})]))


def test_there_is_no_warning_where_the_known_field_is_there_or_nothing_is_said() -> None:
    assert not warned(agent("a", max_token=1, max_tokens=2), agent("b", max_token=None))
    assert not warned(agent("a", agent_ids="x"), node("n", "note", max_token=1))


def test_the_fields_of_retry_and_branches_are_looked_at_too() -> None:
    branches: JSON = [{"handle": "y", "expresion": "true"}, {"handle": "n", "expression": "true"}]
    retry: JSON = {"max_attempt": 2, "jitter": 0}
    assert warned(agent("a", retry=retry), node("if", "condition", branches=branches)) == [
        ('"retry.max_attempts"?', ("a",)),
        ('"branches[0].expression"?', ("if",)),
    ]


def test_a_warning_stops_no_run_and_is_no_part_of_a_version() -> None:
    raw = drawing([agent("a", max_token=1)])
    flow = parse(raw)
    assert isinstance(flow, Flow)
    assert flow.version == version_of(raw)
    assert warnings_of(raw)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        {},
        {"nodes": 1},
        {"nodes": [1, {"type": []}, {"id": 1, "type": "agent"}]},
        {"nodes": [{"id": 1, "type": "agent", "data": {"max_token": 1}}]},
        {"nodes": [{"id": "a", "type": "agent", "data": [1]}]},
        {"nodes": [{"id": "a", "type": "condition", "data": {"branches": [1]}}]},
    ],
)
def test_what_is_no_drawing_has_no_warnings(raw: JSON) -> None:
    assert warnings_of(raw) == ()


def test_warnings_are_bounded() -> None:
    assert len(warnings_of(drawing([agent(str(n), max_token=1) for n in range(500)]))) == 100
    others: Drawn = {f"max_token{n}": 1 for n in range(6_000)}
    assert len(warnings_of(drawing([agent("a", **others), agent("b", modle=1)]))) <= 100


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [("", "", 0), ("a", "", 1), ("ab", "ba", 1), ("abc", "ab", 1), ("abcd", "acbd", 1),
     ("kitten", "sitting", 3), ("abcdef", "ab", 3), ("model", "modle", 1), ("abc", "ca", 3),
     ("aaa", "a", 2)],
)  # fmt: skip
def test_words_are_apart_by_the_letters_that_are_wrong(one: str, other: str, apart: int) -> None:
    assert distance(one, other) == distance(other, one) == apart


def test_a_known_name_with_more_behind_it_is_another_name() -> None:
    field: Drawn = {"templateId": "x"}
    assert not warned({"id": "a", "type": "template", "data": field})


def test_names_longer_than_40_characters_are_passed_over() -> None:
    assert not warned(agent("a", **{"max" + "_" * 32 + "tokens": 1}))


@pytest.mark.parametrize(("others", "is_told"), [(4_999, True), (5_000, False)])
def test_5_000_different_names_are_compared_and_no_more(others: int, is_told: bool) -> None:
    fields: Drawn = {f"a_field_of_some_other_tool_{n}": 1 for n in range(others)}
    node: Drawn = {"id": "a", "type": "agent", "data": {**fields, "modle": "x"}}
    assert warned(node) == ([('"model"?', ("a",))] if is_told else [])


def of_model(node_id: JSON, data: JSON) -> dict[str, JSON]:
    return {"id": node_id, "type": "agent", "data": data}


def test_a_model_nobody_knows_is_told_with_what_follows() -> None:
    [warning] = model_warnings_of({"nodes": [of_model("a", {"model": "m"})]}, lambda _: None)
    assert (warning.code, warning.nodes) == ("unknown_model", ("a",))
    assert warning.message == (
        'node "a": expected a model that is known, got "m"; '
        "what it is asked for is tried, and what it costs is unknown"
    )


def test_what_is_no_agent_is_not_judged_by_its_model_and_no_more_than_some_are_told() -> None:
    odd = [of_model("a", None), of_model(1, {"model": "m"}), of_model("a", {"model": 1})]
    assert model_warnings_of({"nodes": [*odd]}, lambda _: None) == ()
    many = [of_model(f"n{number}", {"model": "m"}) for number in range(MOST_WARNINGS + 1)]
    assert len(model_warnings_of({"nodes": many}, lambda _: None)) == MOST_WARNINGS
