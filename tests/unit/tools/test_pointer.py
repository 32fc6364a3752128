"""JSON Pointers. Source of the cases: RFC 6901, section 5."""

from __future__ import annotations

import pytest

from shared.tools.pointer import NOTHING, is_pointer, value_at

VALUE = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, " ": 7, "01": 2, "~1": 3, "none": None}


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", VALUE),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/foo/1", "baz"),
        ("/", 0),
        ("/a~1b", 1),
        ("/m~0n", 8),
        ("/ ", 7),
        ("/01", 2),
        ("/~01", 3),
        ("/none", None),
        ("/foo/2", NOTHING),
        ("/foo/-", NOTHING),
        ("/foo/01", NOTHING),
        ("/foo/٠", NOTHING),
        ("/foo/9999999999999", NOTHING),
        ("/foo/0/0", NOTHING),
        ("/none/x", NOTHING),
        ("/other", NOTHING),
    ],
)
def test_a_pointer_finds_what_stands_there(pointer: str, found: object) -> None:
    assert is_pointer(pointer)
    assert value_at(VALUE, pointer) is found or value_at(VALUE, pointer) == found


@pytest.mark.parametrize("text", ["foo", "/~", "/~2", "#/foo", "$.foo"])
def test_what_is_no_pointer(text: str) -> None:
    assert not is_pointer(text)
