"""Texts, numbers and nesting that a drawing cannot keep, and where the problem says they are."""

import math
from collections.abc import Callable

import pytest

from shared.flow import JSON
from tests.unit.flow.drawing import Drawn, drawing, edge, node, problem_of


@pytest.mark.parametrize("bad", ["a\0b", "\ud800", "x\udfff"])
@pytest.mark.parametrize(
    "place",
    [
        lambda bad: drawing([node(bad), node("a")]),
        lambda bad: drawing([node("a", template=bad)]),
        lambda bad: drawing([node("a", other={"deep": [bad]})]),
        lambda bad: drawing([node("a", other={bad: 1})]),
        lambda bad: drawing([node("a"), node("b")], [edge("a", "b", bad)]),
        lambda bad: drawing([node("a")], [edge("a", bad)]),
        lambda bad: drawing([node("a", bad), node("b")]),
        lambda bad: drawing([node("a"), node("n", "note", text=bad)]),
    ],
)
def test_nul_and_lone_surrogates_are_refused(place: Callable[[str], Drawn], bad: str) -> None:
    problem = problem_of(place(bad))
    assert problem.code == "bad_text"
    problem.message.encode()


def test_a_bad_text_says_where_it_is() -> None:
    problem = problem_of(drawing([node("a", other={"deep": ["fine", "\0"]})]))
    assert problem.message.startswith("nodes[0].data.other.deep[1]: expected text without NUL")
    assert problem.nodes == ("a",)


def test_a_bad_type_says_where_it_is() -> None:
    problem = problem_of(drawing([node("a"), node("x", "\0")]))
    assert problem.message.startswith("nodes[1].type: expected text without NUL")
    assert problem.nodes == ("x",)


def test_a_bad_end_of_an_edge_says_where_it_is() -> None:
    problem = problem_of(drawing([node("a")], [edge("a", "\0")]))
    assert problem.message.startswith("edges[0].target: expected text without NUL")
    assert problem.nodes == ()


def test_an_edge_with_a_bad_end_names_the_other() -> None:
    problem = problem_of(drawing([node("a")], [{**edge("a", "\0"), "sourceHandle": 5}]))
    assert (problem.code, problem.nodes) == ("bad_shape", ("a",))


@pytest.mark.parametrize("number", [2**53, -(2**53), 1e16, 10**400, math.nan, math.inf])
def test_a_number_that_json_cannot_keep_is_a_problem(number: float) -> None:
    problem = problem_of(drawing([node("a", other=number)]))
    assert (problem.code, problem.nodes) == ("bad_shape", ("a",))


def test_nesting_is_bounded() -> None:
    deep: JSON = "x"
    for _ in range(5_000):
        deep = [deep]
    problem = problem_of(drawing([node("a", other=deep)]))
    assert "levels of nesting" in problem.message
