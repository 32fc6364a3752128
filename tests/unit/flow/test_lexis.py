"""The words of an expression: which variables it may read, and what keys its maps have."""

import pytest

from shared.flow.lexis import odd_keys, reads, unreadable


@pytest.mark.parametrize(
    ("expression", "is_read"),
    [
        ("json.a == 1", True),
        ("output == 'x' || .json == 1", True),
        ("[1, 2].all(x, x in json)", True),
        ("{'a': json}.a", True),
        ("output == 'json' // json", False),
        ("variables.json == '' && output.json.json", False),
        ("variables['a'].json || (output).json", False),
        ("jsonx == xjson", False),
        (".json == 1", True),
        ("'!'.json", False),
    ],
)
def test_a_variable_is_read_where_its_name_is_a_word_and_no_field(
    expression: str, is_read: bool
) -> None:
    assert reads(expression, "json") is is_read


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("{1: 1, 2: {1: 1}, 3u: [1, 1]}", None),
        ("{-1: 1, 1: 1, '1': 1, true: 1}", None),
        ("{1: json ? 2 : 3, 2: json ? 1 : 1}", None),
        ("T{a: 1, b: 2, c: 3, d: 4, e: 5}", None),
        ("_T{a: 1, b: 2, c: 3, d: 4, e: 5}", None),
        ("T_{a: 1, b: 2, c: 3, d: 4, e: 5}", None),
        ("(a ? 1 : 2) + (a ? 1 : 2) + (a ? 1 : 2) + (a ? 1 : 2) + (a ? 1 : 2)", None),
        ("[a ? 1 : 2, a ? 1 : 2, a ? 1 : 2, a ? 1 : 2, a ? 1 : 2, a ? 1 : 2]", None),
        ("{1: a ? 1 : 2, 2: a ? 1 : 2, 3: a ? 1 : 2, 4: a ? 1 : 2, 5: a ? 1 : 2}", None),
        ("{} == x ? true : {a: 1, b: 2, c: 3, d: 4} == x", None),
        ("{'a': 1, \"b\": 2, r'c': 3, '''d''': 4, R'\"': 5, 'e\"': 6}", None),
        ("{01: 1, 1: 2}", "came 1 again"),
        ("{1: 1, // the first\n 1: 2}", "came 1 again"),
        ("{1: 1, 1u: 1}", "came 1 again"),
        ("{1: {2: 3, 0x2u: 3}}", "came 2 again"),
        ("x in {-1: [{}], -0x1: 1}", "came -1 again"),
        ("[{a: 1, f(b): 2}, {c ? 1 : 2: 3, d[0]: 4, 1 + 1: 5}]", "at most 4 keys"),
        ("{'' == a ? b : c: 1, 'a' + 'b': 2, ''[0]: 3, true && d: 4, r + r: 5}", "came 5"),
    ],
)
def test_whole_numbers_are_keys_of_a_map_once_and_few_keys_are_computed(
    expression: str, words: str | None
) -> None:
    found = odd_keys(expression)
    assert found is None if words is None else words in str(found)


@pytest.mark.parametrize(
    ("expression", "start"),
    [
        ("", None),
        ("a == b // @", None),
        ("@", 0),
        ("@a", 0),
        ("a @ b @", 2),
        ("a == 'b", 5),
        ("a\n&& #", 5),
    ],
)
def test_what_cannot_be_read_begins_at_the_first_character_of_no_word(
    expression: str, start: int | None
) -> None:
    assert unreadable(expression) == start
