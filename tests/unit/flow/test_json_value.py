"""JSON values in words, and what in one of them cannot be kept."""

import math

import pytest

from shared.flow.json_value import DEEPEST, LARGEST, Unfit, quoted, shown, unfit


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (7, "the number 7"),
        (LARGEST, f"the number {LARGEST}"),
        (-LARGEST - 1, "a number that is too large"),
        (1e300, "a number that is too large"),
        ("x", 'the text "x"'),
        ({}, "an object"),
        ([], "a list"),
        ((), "a list"),
        ({1}, "a set"),
    ],
)
def test_a_value_is_shown_in_a_few_words(value: object, words: str) -> None:
    assert shown(value) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b", '"a b"'),
        ("a\n\u202eb", '"a\\u000a\\u202eb"'),
        ("x" * 60, '"' + "x" * 60 + '"'),
        ("x" * 61, '"' + "x" * 57 + '..."'),
    ],
)
def test_a_text_is_quoted_printable_and_cut(text: str, words: str) -> None:
    assert quoted(text) == words


@pytest.mark.parametrize("value", [LARGEST, -LARGEST, 1.5, None, True, "é", [], {"a": [{}]}])
def test_what_fits_has_no_spots(value: object) -> None:
    assert list(unfit(value)) == []


NUMBERS = "expected JSON with numbers up to 2^53 - 1, came "
KEYS = "expected keys without NUL or surrogates"
TEXTS = "expected text without NUL or surrogates"


@pytest.mark.parametrize(
    ("value", "spot"),
    [
        (LARGEST + 1, Unfit("bad_shape", ".x", NUMBERS + "a number that is too large")),
        (math.nan, Unfit("bad_shape", ".x", NUMBERS + "the number nan")),
        ({"a": [0, {1}]}, Unfit("bad_shape", ".x.a[1]", NUMBERS + "a set")),
        ({"a": {7: 0}}, Unfit("bad_shape", ".x.a", "expected text as key, came the number 7")),
        ([{"\ud800": 0}], Unfit("bad_text", ".x[0]", KEYS)),
        ([[], ["a\0"]], Unfit("bad_text", ".x[1][0]", TEXTS)),
        ({"a\nb": "\0"}, Unfit("bad_text", ".x.a\\u000ab", TEXTS)),
    ],
)
def test_a_spot_that_cannot_be_kept_says_where_and_why(value: object, spot: Unfit) -> None:
    assert list(unfit(value, ".x")) == [spot]


def test_without_a_path_spots_are_told_from_the_value_on() -> None:
    assert [spot.path for spot in unfit({"a": ["\0"]})] == [".a[0]"]


def test_every_spot_is_told_behind_bad_keys_and_nesting_too() -> None:
    deep: object = "x"
    for _ in range(DEEPEST + 1):
        deep = [deep]
    found = list(unfit({"deep": deep, 1: "\0", "\0": 0, "last": math.inf}))
    assert sorted((spot.code, spot.path[:6]) for spot in found) == [
        ("bad_shape", ""),
        ("bad_shape", ".deep["),
        ("bad_shape", ".last"),
        ("bad_text", ""),
        ("bad_text", "[1]"),
    ]


def test_every_value_that_nests_too_deeply_is_told() -> None:
    deep: object = []
    for _ in range(DEEPEST):
        deep = [deep]
    assert len(list(unfit([deep, deep]))) == 2


def test_as_many_levels_as_may_be_are_fit_and_one_more_is_not() -> None:
    deep: object = []
    for _ in range(DEEPEST - 1):
        deep = {"a": deep}
    assert list(unfit(deep)) == []
    [spot] = unfit([deep])
    assert spot.complaint == f"expected at most {DEEPEST} levels of nesting, came more"
    assert spot.path == "[0]" + ".a" * (DEEPEST - 1)
