from hypothesis import given
from hypothesis import strategies as st

from services.agent_worker.clean import clean, cleaned
from services.agent_worker.coalescer import LARGEST_BYTES, Coalescer

PIECES = st.lists(st.tuples(st.text(max_size=40), st.floats(min_value=0, max_value=0.1)))


def test_the_first_piece_leaves_at_once_and_the_next_waits_for_its_window() -> None:
    coalescer = Coalescer(0.025)
    assert coalescer.add("a", now=1.0) == (0, "a")
    assert coalescer.add("b", now=1.001) is None
    assert coalescer.due_at == 1.025
    assert coalescer.add("c", now=1.02) is None
    assert coalescer.take(now=1.025) == (1, "bc")
    assert coalescer.take(now=2.0) is None


def test_a_piece_after_a_quiet_window_leaves_at_once() -> None:
    coalescer = Coalescer(0.025)
    coalescer.add("a", now=1.0)
    assert coalescer.add("b", now=1.03) == (1, "b")


def test_a_kibibyte_does_not_wait() -> None:
    coalescer = Coalescer(60)
    coalescer.add("a", now=1.0)
    assert coalescer.add("é" * (LARGEST_BYTES // 2 - 1), now=1.0) is None
    piece = coalescer.add("é", now=1.0)
    assert piece is not None
    assert len(piece.text.encode()) == LARGEST_BYTES


def test_without_a_window_every_piece_leaves_at_once() -> None:
    coalescer = Coalescer(0)
    assert [coalescer.add(text, now=1.0) for text in "abc"] == [(0, "a"), (1, "b"), (2, "c")]


def test_an_empty_piece_is_none() -> None:
    assert Coalescer(0).add("", now=1.0) is None


def test_what_is_dropped_never_leaves() -> None:
    coalescer = Coalescer(1)
    coalescer.add("a", now=1.0)
    coalescer.add("b", now=1.0)
    coalescer.drop(7)
    assert coalescer.take(now=2.0) is None
    assert coalescer.add("c", now=3.0) == (7, "c")


@given(PIECES, st.integers(min_value=0, max_value=1000))
def test_the_pieces_are_the_text_in_order_with_offsets_in_code_points(
    pieces: list[tuple[str, float]], offset: int
) -> None:
    coalescer = Coalescer(0.025, offset)
    now, left = 0.0, []
    for text, later in pieces:
        now += later
        left.append(coalescer.add(text, now))
    left.append(coalescer.take(now))
    text = ""
    for piece in filter(None, left):
        assert piece.offset == offset + len(text)
        text += piece.text
    assert text == "".join(text for text, _ in pieces)


@given(st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF, exclude_categories=())))
def test_clean_text_is_as_long_and_fit_for_every_store(text: str) -> None:
    result = clean(text)
    assert len(result) == len(text)
    assert "\0" not in result
    result.encode()
    assert all(a == b for a, b in zip(text, result, strict=True) if b != "\ufffd")


def test_a_value_is_cleaned_to_its_keys() -> None:
    assert cleaned({"a\0": ["\ud800", {"b": 1}, None]}) == {"a\ufffd": ["\ufffd", {"b": 1}, None]}
