"""Flows whose facts would outgrow the log are refused before they run."""

from itertools import pairwise, product

from shared.flow.weight import MOST_BYTES
from tests.unit.flow.drawing import condition, drawing, edge, flow_of, joined, node, problem_of


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


def _names(length: int) -> list[str]:
    """384 names of a length, which divides the most a fact may name."""
    return [f"{number:03}".ljust(length, "x") for number in range(384)]


def test_inputs_may_take_as_much_as_fits_and_not_a_byte_more() -> None:
    names = _names(MOST_BYTES // 384 - 72 - 40)
    assert flow_of(joined(*(f"{name}-last" for name in names)))
    problem = problem_of(joined(*(f"{name}-last" for name in [*names[:-1], names[-1] + "x"])))
    assert (problem.code, problem.nodes) == ("too_large", ("last",))
    assert problem.message == (
        'node "last" would have to name more texts than fit into a fact; '
        "lead fewer edges to it, or put merges in between"
    )


def test_what_is_passed_on_is_named_once_more() -> None:
    """A merge behind the condition names the texts again, but not the nodes they are from."""
    passes = condition("if", "yes")
    for more, fits in ((0, True), (1, False)):
        *names, last = _names(MOST_BYTES // 384 - 72 - 2 * 40)
        names.append(last + more * "x")
        nodes = [*(node(name) for name in names), passes, node("end", "merge")]
        raw = drawing(nodes, [*(edge(name, "if") for name in names), edge("if", "end", "yes")])
        assert flow_of(raw) if fits else problem_of(raw).nodes == ("if",)


def test_a_result_may_take_as_much_as_fits_and_not_a_byte_more() -> None:
    names = _names(MOST_BYTES // 384 - 160)
    assert flow_of(drawing([node(name) for name in names]))
    problem = problem_of(drawing([node(name) for name in [*names[:-1], names[-1] + "x"]]))
    assert (problem.code, problem.nodes) == ("too_large", ())
    assert problem.message == (
        "the result would name more texts than fit into a fact; put a merge at the end"
    )


def test_a_question_may_be_as_long_as_fits() -> None:
    assert flow_of(drawing([node("ask", "approval", prompt="x" * MOST_BYTES)]))
    problem = problem_of(drawing([node("ask", "approval", prompt="x" * (MOST_BYTES + 1))]))
    assert problem.nodes == ("ask",)


def test_a_letter_outside_ascii_weighs_its_bytes() -> None:
    fits = "é" * (MOST_BYTES // 2 - 1)  # and two quotes
    assert flow_of(drawing([node("ask", "approval", prompt=fits)]))
    problem = problem_of(drawing([node("ask", "approval", prompt=fits + "x")]))
    assert problem.nodes == ("ask",)
