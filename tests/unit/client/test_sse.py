"""The parser of server-sent events, against the standard and against every way of cutting bytes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock_client.sse import Frame, Parser


def frames(*chunks: bytes) -> list[Frame]:
    parser = Parser()
    return [frame for chunk in chunks for frame in parser.feed(chunk)]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [Frame("", "message", "YHOO\n+2\n10")]),
        (
            b": test stream\n\ndata: first event\nid: 1\n\n"
            b"data:second event\nid\n\ndata:  third event\n\n",
            [
                Frame("1", "message", "first event"),
                Frame("", "message", "second event"),
                Frame("", "message", " third event"),
            ],
        ),
        (
            b"data\n\ndata\ndata\n\ndata:",
            [Frame("", "message", ""), Frame("", "message", "\n")],
        ),
        (b"data:test\n\ndata: test\n\n", [Frame("", "message", "test")] * 2),
    ],
)
def test_the_examples_of_the_standard_give_its_events(stream: bytes, expected: list[Frame]) -> None:
    assert frames(stream) == expected


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_every_line_ending_counts_once(end: bytes) -> None:
    stream = end.join([b"id: 7", b"event: step.delta", b"data: a", b"data: b", b"", b""])
    assert frames(stream) == [Frame("7", "step.delta", "a\nb")]


def test_only_a_byte_order_mark_at_the_start_is_removed() -> None:
    assert frames(b"\xef\xbb\xbfdata: \xef\xbb\xbfa\n\n") == [Frame("", "message", "\ufeffa")]


def test_a_frame_without_data_is_not_delivered_but_its_id_stays() -> None:
    assert frames(b"event: end\nid: 5\n\n", b"data: a\n\n") == [Frame("5", "message", "a")]


def test_a_frame_cut_before_its_blank_line_is_not_delivered() -> None:
    assert frames(b"id: 1\ndata: a\n\nid: 2\ndata: b\n") == [Frame("1", "message", "a")]


def test_an_id_with_a_null_and_a_retry_with_a_letter_are_ignored() -> None:
    parser = Parser()
    assert parser.feed(b"id: 1\nid: 2\0\nretry: 12x\ndata: a\n\n") == [Frame("1", "message", "a")]
    assert parser.retry_ms is None
    parser.feed(b"retry: 250\n")
    assert parser.retry_ms == 250


def test_line_ends_of_unicode_do_not_end_lines() -> None:
    text = "a\u2028b\u0085c\x0bd\x0ce\x1cf"
    assert frames(f"data: {text}\n\n".encode()) == [Frame("", "message", text)]


LINES = st.sampled_from(
    [
        b"data: {}", b"data:x", b"data", b"data:  two", "data: 🦦é日".encode(), b"data: \xff\xc3",
        b"id: 12", b"id", b"id: a\0", b"event: step.delta", b"event", b"retry: 20", b"retry: x",
        b": keep-alive", b":", b"", b"", b"unknown: field", b"\xef\xbb\xbfdata: mark",
    ]
)  # fmt: skip
ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])
STREAMS = st.lists(st.tuples(LINES, ENDS).map(b"".join)).map(b"".join)


@given(STREAMS, st.data())
def test_any_chunking_gives_the_same_events(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    edges = [0, *cuts, len(stream)]
    chunks = [stream[a:b] for a, b in pairwise(edges)]
    assert frames(*chunks) == frames(stream)


@given(STREAMS)
def test_one_byte_at_a_time_gives_the_same_events(stream: bytes) -> None:
    assert frames(*(bytes([byte]) for byte in stream)) == frames(stream)


@given(st.binary())
def test_no_bytes_can_break_it(stream: bytes) -> None:
    frames(stream)


@given(st.text(alphabet=st.characters(exclude_characters="\r\n", codec="utf-8")))
def test_any_line_of_text_arrives_as_it_was_sent(text: str) -> None:
    assert frames(f"data: {text}\n\n".encode()) == [Frame("", "message", text)]
