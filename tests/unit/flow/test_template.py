"""Placeholders in templates and instructions."""

import pytest

from shared.flow import JSON, RenderProblem, instructions_with, render
from shared.flow.json_path import text_at
from shared.flow.template import LONGEST, Piece, argument_pieces, template_pieces
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


@pytest.mark.parametrize(
    ("template", "piece"),
    [
        ("{{nodes.a.json}}", Piece("node", "a", ())),
        ("{{ nodes.a.json.b.0.c }}", Piece("node", "a", ("b", "0", "c"))),
        ("{{nodes.two words.json.a b}}", Piece("node", "two words", ("a b",))),
        ("{{nodes.a.b.json.c}}", Piece("node", "a.b", ("c",))),
        ("{{nodes.a.json.b.json.c}}", Piece("node", "a", ("b", "json", "c"))),
        ("{{nodes.x.json.y.json.c}}", Piece("node", "x.json.y", ("c",))),
        ("{{nodes.a.json.output}}", Piece("node", "a", ("output",))),
        ("{{nodes.b.json.output}}", Piece("node", "b.json")),
        ("{{nodes.ghost.json.output}}", Piece("node", "ghost.json")),
        ("{{nodes.ghost.json.c}} .output}}", Piece("node", "ghost", ("c",))),
        ("{{nodes.ghost.json}}", Piece("node", "ghost", ())),
        ("{{nodes.a.jsonl}}", Piece("unknown", "nodes.a.jsonl")),
        ("{{nodes.a.json..b}}", Piece("unknown", "nodes.a.json..b")),
        ("{{nodes.json.b}}", Piece("unknown", "nodes.json.b")),
        ("{{input.json}}", Piece("input", "input", ())),
        ("{{ input.json.b.0 }}", Piece("input", "input", ("b", "0"))),
        ("{{input.jsonl}}", Piece("unknown", "input.jsonl")),
        ("{{input.json.}}", Piece("unknown", "input.json.")),
        ("{{json.b}}", Piece("unknown", "json.b")),
    ],
)
def test_a_path_leads_into_the_json_of_a_node(template: str, piece: Piece) -> None:
    steps = {"a", "two words", "a.b", "x.json.y", "b.json"}
    assert [p for p in template_pieces(template, steps) if p.means != "text"] == [piece]


def test_what_is_read_of_json_is_filled_in_like_any_text() -> None:
    typed = {Piece("node", "a", ("b",)): "{{input}}", Piece("input", "input", ()): "[1]"}
    template = "{{nodes.a.json.b}} {{ nodes.a.json.b }} {{input.json}} {{nodes.a.output}}"
    filled = render(template, input="IN", variables={}, outputs={"a": "A"}, typed=typed)
    assert filled == "{{input}} {{input}} [1] A"
    problem = render(template, input="IN", variables={}, outputs={})
    assert problem == RenderProblem(nodes=("a",), unknown=("input",))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("", '{"a":{"b":[1.5,true,null,"é"]},"":"","s":"two\\nlines","0":0}'),
        ("s", "two\nlines"),
        ("a.b.0", "1.5"),
        ("a.b.1", "true"),
        ("a.b.2", "null"),
        ("a.b.3", "é"),
        ("a.b", '[1.5,true,null,"é"]'),
        ("0", "0"),
        ("missing", ""),
        ("a.missing.deeper", ""),
        ("a.b.4", ""),
        ("a.b.00", ""),
        ("a.b.-1", ""),
        ("a.b.2.c", ""),
        ("s.0", ""),
        ("a.b." + "9" * 10_000, ""),
    ],
)
def test_a_text_is_read_as_it_is_and_other_values_as_compact_json(path: str, text: str) -> None:
    value: JSON = {"a": {"b": [1.5, True, None, "é"]}, "": "", "s": "two\nlines", "0": 0}
    assert text_at(value, path.split(".") if path else []) == text


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
    [
        *(
            "{",
            "{{",
            "{{nodes.",
            "{{ ",
            " .output",
            "{{nodes.a.output }",
            "{{input}}",
            "{{variables.x",
        ),
        *(".json", ".json.a", "{{input.json", "{{input.json.a", "{{nodes.a.json.b}}", "{{a.json }"),
    ],
)
def test_rendering_takes_linear_time(unit: str) -> None:
    small, large = ("{{nodes." + unit * (size // len(unit)) for size in (20_000, 320_000))
    # Quadratic time would be 256 times as much.
    assert costs_less_than(16 * 6 * cpu_cost(lambda: _rendered(small)), lambda: _rendered(large))
