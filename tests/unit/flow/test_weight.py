"""Flows whose facts would outgrow the log are refused before they run."""

from itertools import pairwise, product

from shared.flow.weight import MOST_BYTES
from tests.unit.flow.drawing import drawing, edge, flow_of, joined, node, problem_of


def test_steps_that_pass_texts_on_may_not_multiply_them_without_bound() -> None:
    """Fifty steps, each layer of two joined to both of the next: 2^25 texts at the end."""
    layers = [[f"{depth}l", f"{depth}r"] for depth in range(26)]
    nodes = [node(name, "approval") for layer in layers for name in layer]
    edges = [
        edge(a, b, "approved")
        for above, below in pairwise(layers)
        for a, b in product(above, below)
    ]
    problem = problem_of(drawing(nodes, edges))
    assert (problem.code, len(problem.nodes)) == ("too_large", 1)
    assert "name more texts than fit into a fact" in problem.message


def test_a_merge_of_all_the_steps_there_may_be_is_no_problem() -> None:
    flow = flow_of(joined(*(f"{number}-last" for number in range(19_999))))
    assert len(flow.steps[-1].inputs) == 19_999


def test_a_merge_of_more_names_than_fit_is_refused_naming_it() -> None:
    names = [f"{number:04}{'é' * 1_600}" for number in range(2_000)]
    assert sum(len(name) for name in names) < MOST_BYTES
    problem = problem_of(joined(*(f"{name}-last" for name in names)))
    assert (problem.code, problem.nodes) == ("too_large", ("last",))


def test_a_result_of_more_names_than_fit_is_refused() -> None:
    names = [f"{number:05}{'x' * 320}" for number in range(20_000)]
    problem = problem_of(drawing([node(name, template="t") for name in names]))
    assert (problem.code, problem.nodes) == ("too_large", ())
    assert "put a merge at the end" in problem.message


def test_a_question_that_fits_no_fact_is_refused() -> None:
    problem = problem_of(drawing([node("ask", "approval", prompt="\x01" * (MOST_BYTES // 5))]))
    assert (problem.code, problem.nodes) == ("too_large", ("ask",))
