import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.agent_worker.providers import border
from services.agent_worker.providers.border import BadStream, Cleaner
from services.agent_worker.providers.sse import EventStream, Message
from shared.run.content import MOST_COUNT

ANY = st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF, exclude_categories=()))


@pytest.mark.parametrize(
    ("value", "count"),
    [(None, 0), (0, 0), (7, 7), (-5, 0), (2**63, MOST_COUNT), (1.9, 1), (float("inf"), MOST_COUNT)],
)
def test_a_count_is_one_that_every_store_can_hold(value: object, count: int) -> None:
    assert border.count(value) == count


@pytest.mark.parametrize("value", ["many", True, [], {}])
def test_what_is_no_count_is_nonsense(value: object) -> None:
    with pytest.raises(BadStream):
        border.count(value)


@pytest.mark.parametrize("data", ["5", "{", "[" * 100_000, '{"a":NaN}', '{"a":' + "9" * 5000 + "}"])
def test_what_is_no_object_is_nonsense_said_in_few_clean_words(data: str) -> None:
    with pytest.raises(BadStream) as raised:
        border.object_in(data)
    assert len(str(raised.value)) <= border.LONGEST_REASON
    str(raised.value).encode()


def test_a_value_has_a_bounded_depth_and_numbers_that_can_be_written() -> None:
    deep: object = "x"
    for _ in range(border.DEEPEST + 1):
        deep = [deep]
    for value in (deep, {"a": json.loads("1e999")}):
        with pytest.raises(BadStream):
            border.whole(value)


@given(st.lists(ANY))
def test_a_text_is_clean_over_its_pieces_as_it_is_as_one(pieces: list[str]) -> None:
    cleaner = Cleaner()
    said = "".join([*map(cleaner.feed, pieces), cleaner.flush()])
    assert said == border.whole("".join(pieces))
    said.encode()
    assert "\0" not in said


def test_halves_of_a_character_in_two_pieces_are_one_and_lone_ones_are_replaced() -> None:
    cleaner = Cleaner()
    assert [cleaner.feed("a\ud83d"), cleaner.feed("\ude00b\ud83d"), cleaner.flush()] == [
        "a",
        "\U0001f600b",
        "\ufffd",
    ]


STREAM = (
    b"\xef\xbb\xbf: hi\nevent: a\ndata: 1\n\ndata:2\ndata: 3\nid: 4\n\r\n"
    b"event: b\r\ndata: \xc3\xa9\r\n\r\nevent: lost\n\ndata\n\ndata: unended\n"
)
MESSAGES = [("a", "1"), ("", "2\n3"), ("b", "é"), ("", "")]


@given(st.lists(st.integers(min_value=0, max_value=len(STREAM))), st.booleans())
def test_the_pieces_a_stream_comes_in_make_no_difference(cuts: list[int], returns: bool) -> None:
    data = STREAM.replace(b"\r\n", b"\n").replace(b"\n", b"\r") if returns else STREAM
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    stream = EventStream()
    found: list[Message] = []
    for start, end in pairwise(edges):
        found += stream.feed(data[start:end])
    assert found == MESSAGES


def test_bytes_that_are_no_text_are_nonsense() -> None:
    with pytest.raises(BadStream):
        EventStream().feed(b"data: \xff\n\n")
