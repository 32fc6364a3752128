"""What a flow can tell of an expression before anything is evaluated."""

import sys

import pytest

from shared.flow import JSON, Flow, Invalid, parse
from shared.flow.expression import LONGEST, LONGEST_TOGETHER, complaint
from tests.unit.flow.drawing import drawing, flow_of, node, problem_of


@pytest.fixture(autouse=True)
def _judged_anew() -> None:
    """What an earlier test made of an expression is forgotten."""
    complaint.cache_clear()


@pytest.mark.parametrize(
    "expression",
    [
        "true",
        "output.contains('yes') && size(output) < 100",
        'has(json.score) && json.score > 0.8 || variables.mode == "fast"',
        "json.items.exists(item, item.price > 10.0) && json.items.all(x, x.ok)",
        "json.items.filter(i, i.size() > 1).map(i, i[0]) == ['a']",
        "type(json.n) == int && timestamp(json.at).getFullYear() > 2020",
        "'a' in json ? -1 < 0 : !false",
        "output == '👩‍🚀'",
        "!" * 4_000 + "true",
        "timestamp(json.at).getHours('Europe/Berlin') < 12 && int(timestamp(json.at)) > 0",
        "bool(output) || duration('1h') < json.took",
        "json == {'a': 1, 2: {3: 'b', true: null}} && {json.a: 1, json.b: 2} != {}",
        "&&".join(["output.contains('a')"] * 100),
    ],
)
def test_an_expression_of_the_names_there_are_is_accepted(expression: str) -> None:
    assert complaint(expression) is None


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("1 +", "line 1, column 4"),
        ("output ==\n  'x' y", "line 2, column 7"),
        ("ouput == 'x'", 'the names output, json, nodes, variables, came "ouput"'),
        ("json.items.all(x, y)", 'came "y"'),
        ("output.lowerAscii() == 'x'", 'a function of CEL, came "lowerAscii"'),
        ("(" * 2_000 + "true" + ")" * 2_000, "expected a CEL expression"),
        ("'\ud800' == output", "expected a CEL expression"),
        ("size(1) > 0", "line 1, column 5: found no matching overload for 'size'"),
        ("size(output, 2) > 0", 'expected arguments that the function "size" takes'),
        ("timestamp('x').getHours(1) == 1", "found no matching overload for 'getHours'"),
        ("output + 1 == 'x'", "found no matching overload for '_+_' applied to '(string, int)'"),
        ("variables.count > 3", "found no matching overload for '_>_'"),
        ("output.score > 1", "cannot be the operand of a select operation"),
        ("'a'.reverse() == 'a'", 'a function of CEL, came "reverse"'),
        ("math.greatest(1, 2) == 2", 'came "math"'),
        ("json.?a == 1", "expected a CEL expression"),
        ("output", "true or false, came a string"),
        ("size(output)", "true or false, came a int"),
        ("{0: 1, 0u: 2}[0.0] == 1", "expected each key of a map once, came 0 again"),
        ("1" + " + 1" * 40 + " > 0", "at most 32 levels, came one that is deeper"),
    ],
)
def test_any_other_is_refused_saying_where_and_why(expression: str, words: str) -> None:
    assert words in str(complaint(expression))


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        (" \n", "expected an expression, came empty text"),
        ("1" * (LONGEST + 1), "expected at most 4,096 characters, came 4,097"),
        (
            "1 +",
            "expected a CEL expression, came a fault at line 1, column 4: mismatched input "
            "'<EOF>' expecting",
        ),
        ("'\ud800' == output", "expected a CEL expression, came one that cannot be read"),
        ("ouput == 'x'", 'expected the names output, json, nodes, variables, came "ouput"'),
        ("output.lowerAscii() == 'x'", 'expected a function of CEL, came "lowerAscii"'),
        ("_contains(output)", 'expected a function of CEL, came "_contains"'),
        ("true ||\n lower(1)", 'expected a function of CEL, came "lower"'),
        ("recursion == 1", 'expected the names output, json, nodes, variables, came "recursion"'),
        ("int == string", "None"),
    ],
)
def test_a_complaint_is_a_sentence_from_its_beginning(expression: str, words: str) -> None:
    assert str(complaint(expression)).startswith(words)


def test_the_problem_names_node_and_branch() -> None:
    branches: JSON = [{"handle": "yes", "expression": "output =="}]
    problem = problem_of(drawing([node("fit?", "condition", branches=branches)]))
    assert (problem.code, problem.nodes) == ("bad_expression", ("fit?",))
    assert 'node "fit?", branch "yes": expected a CEL expression' in problem.message


def test_expressions_together_are_bounded_and_the_same_one_counts_once() -> None:
    long = "true" + " " * (LONGEST - 8)
    same: list[JSON] = [{"handle": f"{n}", "expression": long} for n in range(100)]
    assert flow_of(drawing([node("if", "condition", branches=same)]))
    count = LONGEST_TOGETHER // len(long) + 1
    various: list[JSON] = [
        {"handle": f"{n}", "expression": f"{n} > 0{' ' * (LONGEST - 9)}"} for n in range(count + 1)
    ]
    problem = problem_of(drawing([node("if", "condition", branches=various)]))
    assert (problem.code, problem.nodes) == ("too_large", ("if",))
    together = sum(len(str(branch["expression"])) for branch in various if isinstance(branch, dict))
    assert problem.message == (
        f"expected different expressions of at most 131,072 characters together, came {together:,}"
    )


def test_expressions_may_be_as_long_together_as_it_says() -> None:
    most, rest = divmod(LONGEST_TOGETHER, LONGEST - 5)
    lengths = [*[LONGEST - 5] * most, rest]
    branches: list[JSON] = [
        {"handle": f"{n}", "expression": f"{n + 10}>0".ljust(length)}
        for n, length in enumerate(lengths)
    ]
    assert sum(lengths) == LONGEST_TOGETHER
    assert flow_of(drawing([node("if", "condition", branches=branches)]))


def test_reading_expressions_loads_no_more_than_the_engine() -> None:
    assert complaint("true") is None
    assert "prompt_toolkit" not in sys.modules


def test_types_that_grow_twofold_with_every_map_are_refused_before_they_are_made() -> None:
    grown = "[1]" + ".map(a, {a: a})" * 20 + " == []"
    assert complaint(grown) == "expected at most 4 keys of maps to be computed, came 20"


def test_what_was_stored_before_an_expression_was_refused_can_still_be_read() -> None:
    branches: JSON = [{"handle": "yes", "expression": "output.lowerAscii() == 'x'"}]
    raw = drawing([node("fit?", "condition", branches=branches)])
    assert isinstance(parse(raw), Invalid)
    assert isinstance(parse(raw, is_stored=True), Flow)


def test_a_ternary_that_begins_with_a_text_is_a_key_that_is_computed() -> None:
    grown = "[1]" + ".map(a, {'' == '' ? a : a: a})" * 5 + " == []"
    assert complaint(grown) == "expected at most 4 keys of maps to be computed, came 5"


@pytest.mark.parametrize("expression", ["(" * 40 + "true" + ")" * 40, "json" + ".a" * 40])
def test_one_that_is_too_deep_is_told_how_deep_it_may_be(expression: str) -> None:
    assert complaint(expression) == (
        "expected a CEL expression of at most 32 levels, came one that is deeper"
    )


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("output @ 1\n\n", 'line 1, column 8: the character "@"'),
        ("\n@\n", 'line 2, column 1: the character "@"'),
        ("true\n&& true\n && #\n", 'line 3, column 5: the character "#"'),
        (
            "true &&\n 'abc",
            "line 2, column 2: a string without an end or with an escape that is none",
        ),
        (
            'output == "\\d"',
            "line 1, column 11: a string without an end or with an escape that is none",
        ),
    ],
)
def test_what_is_no_word_is_told_with_its_line_and_column(expression: str, fault: str) -> None:
    assert complaint(expression) == f"expected a CEL expression, came a fault at {fault}"


def test_a_stored_expression_is_judged_only_if_it_is_too_long() -> None:
    def stored(length: int) -> JSON:
        branches: JSON = [{"handle": "yes", "expression": "output.lower()".ljust(length)}]
        return drawing([node("fit?", "condition", branches=branches)])

    assert isinstance(parse(stored(LONGEST), is_stored=True), Flow)
    assert isinstance(parse(stored(LONGEST + 1), is_stored=True), Invalid)


def test_the_longest_expressions_count_too() -> None:
    count = LONGEST_TOGETHER // LONGEST + 1
    branches: list[JSON] = [
        {"handle": f"{n}", "expression": f"{n}>0".ljust(LONGEST)} for n in range(count)
    ]
    problem = problem_of(drawing([node("if", "condition", branches=branches)]))
    assert problem.code == "too_large"
