"""Texts in parts: ranges are cut across them, and what is sent is the same."""

from hypothesis import given
from hypothesis import strategies as st

from services.api.compat.updates import Update, frame
from services.api.http.answers import between, pieces_of

PARTS = st.lists(st.binary(max_size=9), max_size=6)


@given(PARTS, st.integers(0, 60), st.integers(0, 60))
def test_a_range_of_parts_is_that_of_the_whole(parts: list[bytes], first: int, stop: int) -> None:
    assert b"".join(between(parts, first, stop)) == b"".join(parts)[first:stop]


def test_pieces_are_the_parts_in_order() -> None:
    parts = [b"a" * 300_000, b"", b"b"]
    pieces = list(pieces_of(parts))
    assert b"".join(pieces) == b"".join(parts)
    assert max(map(len, pieces)) <= 256 << 10


def test_an_update_with_a_text_in_parts_is_that_with_the_text() -> None:
    update = Update(7, {"type": "step_complete"})
    text = 'é😀"\n\\' * 70_000
    raw = text.encode()
    in_parts = frame(update, {"output": (raw[:1], raw[1:]), "usage": {"a": 1}})
    assert in_parts == frame(update, {"output": text, "usage": {"a": 1}})
    assert frame(update, {}) == b'id: 7\nevent: update\ndata: {"type":"step_complete"}\n\n'
