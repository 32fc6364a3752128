"""Placeholders in templates and instructions."""

import pytest

from shared.flow import RenderProblem, instructions_with, render
from shared.flow.template import LONGEST, argument_pieces
from tests.cost import costs_less_than, cpu_cost


def _rendered(template: str) -> str | RenderProblem:
    outputs = {"a": "A", "a.b": "AB", "two words": "2", "是否": "Z", "}}": "B", "x.output": "O"}
    return render(template, input="IN", variables={"x": "X", "ключ": "K"}, outputs=outputs)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("", ""),
        ("plain } text { }} here", "plain } text { }} here"),
        ("{{input}}", "IN"),
        ("{{ input }}-{{\tinput}}", "IN-IN"),
        ("{{variables.x}}{{ variables.ключ }}", "XK"),
        ("{{nodes.a.output}}", "A"),
        ("{{nodes.a.b.output}}", "AB"),
        ("{{nodes.two words.output}}", "2"),
        ("{{nodes.是否.output }}", "Z"),
        ("{{nodes.}}.output}}", "B"),
        ('{"q": {{input}}}', '{"q": IN}'),
        ("{{{input}}}", "{IN}"),
        ("{{{{input}}}}", "{{IN}}"),
        ("{{", "{{"),
        ("{{input", "{{input"),
        ("{{ input | upper }}", "{{ input | upper }}"),
        ("{{nodes.a.outputs}} ", None),
        ("{{nodes.a}} and {{nodes.a.output}}", None),
    ],
)
def test_placeholders_are_filled_and_other_text_stays(template: str, expected: str | None) -> None:
    rendered = _rendered(template)
    assert isinstance(rendered, RenderProblem) if expected is None else rendered == expected


def test_what_was_filled_in_is_not_read_again() -> None:
    value = "{{variables.x}}{{input}}"
    filled = render("{{input}}{{variables.x}}", input=value, variables={"x": value}, outputs={})
    assert filled == value + value


def test_a_text_too_long_to_be_an_output_is_not_made() -> None:
    value = "x" * (LONGEST // 64)
    fits = render("{{input}}" * 64, input=value, variables={}, outputs={})
    assert len(fits) == LONGEST if isinstance(fits, str) else pytest.fail(fits.message)
    problem = render("{{input}}" * 50_000 + "!", input=value, variables={}, outputs={})
    assert isinstance(problem, RenderProblem)
    assert (problem.code, problem.length) == ("too_large", 50_000 * len(value) + 1)
    assert problem.message == (
        "expected a text of at most 67,108,864 characters, came 52,428,800,001"
    )
    assert instructions_with("{{x}}" * 65, {"x": value}) == RenderProblem(length=65 * len(value))


def test_everything_that_is_missing_is_named_once() -> None:
    problem = _rendered("{{variables.p}}{{nodes.q.output}}{{r}}{{variables.p}}{{input}}")
    assert problem == RenderProblem(variables=("p",), nodes=("q",), unknown=("r",))
    assert isinstance(problem, RenderProblem)
    assert problem.code == "missing_value"
    assert 'no variable "p", no output of node "q", no meaning of "{{r}}"' in problem.message


def test_a_placeholder_without_the_name_of_a_node_has_no_meaning() -> None:
    assert _rendered("{{nodes.output}}") == RenderProblem(unknown=("nodes.output",))


def test_instructions_take_variables_by_bare_name() -> None:
    text = "Write for {{audience}} in {{ variables.tone }} tone, not {{ this | that }}."
    variables = {"audience": "all", "tone": "{{audience}}"}
    assert instructions_with(text, variables) == (
        "Write for all in {{audience}} tone, not {{ this | that }}."
    )


def test_a_tool_takes_arguments_by_bare_name_and_knows_nothing_else() -> None:
    pieces = argument_pieces("a {{q}} {{ ключ-1\t}} {{variables.q}} {{nodes.a.output}} {{a b}} {{")
    named = [(piece.means, piece.name) for piece in pieces if piece.name and piece.name != " "]
    assert named == [
        ("text", "a "),
        ("variable", "q"),
        ("variable", "ключ-1"),
        ("unknown", "variables.q"),
        ("unknown", "nodes.a.output"),
        ("text", "{{a b}} "),
        ("text", "{{"),
    ]


def test_instructions_name_every_missing_variable() -> None:
    assert instructions_with("{{a}} {{b}} {{c}}", {"b": ""}) == RenderProblem(variables=("a", "c"))


@pytest.mark.parametrize(
    "unit",
    ["{", "{{", "{{nodes.", "{{ ", " .output", "{{nodes.a.output }", "{{input}}", "{{variables.x"],
)
def test_rendering_takes_linear_time(unit: str) -> None:
    small, large = ("{{nodes." + unit * (size // len(unit)) for size in (20_000, 320_000))
    # Quadratic time would be 256 times as much.
    assert costs_less_than(16 * 6 * cpu_cost(lambda: _rendered(small)), lambda: _rendered(large))
