"""Bytes from outside, as text."""

from __future__ import annotations

import pytest

from shared.encoding import NotUtf8, json_text_of, text_of, without_mark

MARK = b"\xef\xbb\xbf"


def test_a_byte_order_mark_is_taken_off_once_and_only_in_front() -> None:
    assert text_of(MARK + b"a") == "a"
    assert text_of(b"a" + MARK) == "a\ufeff"
    assert text_of(MARK + MARK) == "\ufeff"
    assert json_text_of(MARK + b"{}") == "{}"
    assert without_mark(b"plain") == b"plain"


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("a".encode("utf-16"), "UTF-16"),
        (b"\xfe\xff\x00a", "UTF-16"),
        ("a".encode("utf-32"), "UTF-32"),
        (b"abc\xffd", "the byte 0xff at position 3"),
        (MARK + b"\xff", "the byte 0xff at position 3"),
        (b"\xed\xa0\x80", "the byte 0xed at position 0"),
        (b"\xc3", "the byte 0xc3 at position 0"),
    ],
)
def test_what_is_no_utf_8_is_named(raw: bytes, found: str) -> None:
    for read in (text_of, json_text_of):
        with pytest.raises(NotUtf8, match=f"^expected UTF-8, got {found}$"):
            read(raw)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_json_in_utf_16_is_told_without_a_mark_too(encoding: str) -> None:
    with pytest.raises(NotUtf8, match="got UTF-16"):
        json_text_of('{"a": 1}'.encode(encoding))
    assert json_text_of(b"") == ""
    assert json_text_of(b"1") == "1"
