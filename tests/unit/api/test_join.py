"""The law of the join: whatever is lost, doubled or interleaved, a reader gets the whole, once."""

from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.api.live.join import Join
from shared.log.port import Entry, Gap, Live
from shared.log.subjects import Address

RUN = Address(0, "default", "r")
NOON = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Tale:
    """What was stored, from where a reader goes on, and what its feed brings, batch by batch.

    `seen` is, for each batch, how many of the stored facts a reading of the log then finds.
    """

    stored: list[Entry]
    position: int
    batches: list[list[Live | Gap]]
    seen: list[int]


def entry(sequence: int, rest: str) -> Entry:
    return Entry(sequence, RUN, rest, b"{}", NOON)


def live(stored: Entry) -> Live:
    return Live(stored.sequence, "default", "r", stored.rest, stored.data)


@st.composite
def tales(draw: st.DrawFn) -> Tale:
    count = draw(st.integers(1, 14))
    steps = draw(st.lists(st.integers(1, 3), min_size=count, max_size=count))
    end = draw(st.integers(0, count - 1))
    sequences = [sum(steps[: i + 1]) for i in range(count)]
    rests = ["finished" if i == end else f"delta.{i}" for i in range(count)]
    stored = [entry(s, r) for s, r in zip(sequences, rests, strict=True)]
    known = draw(st.integers(0, end))
    position = sequences[known - 1] if known else 0
    heard_from = draw(st.integers(0, known))
    feed: list[tuple[Live | Gap, int]] = []
    for index in range(heard_from, count):
        fate = draw(st.sampled_from(("heard", "heard", "lost", "disturbed")))
        if fate != "heard":
            feed.append((Gap(fate), index + 1))
        if fate != "lost":
            feed.append((live(stored[index]), index + 1))
    feed.append((Gap("routine"), count))
    batches: list[list[Live | Gap]] = []
    seen: list[int] = []
    while feed:
        size = draw(st.integers(1, len(feed)))
        batches.append([item for item, _ in feed[:size]])
        seen.append(draw(st.integers(feed[size - 1][1], count)))
        feed = feed[size:]
    return Tale(stored, position, batches, seen)


def passed_on(tale: Tale, page: int) -> list[int]:
    join = Join(tale.position)
    passed: list[int] = []
    for batch, seen in zip(tale.batches, tale.seen, strict=True):
        passed += [item.sequence for item in join.heard(batch)]
        while join.reads_until is not None:
            rest = [e for e in tale.stored[:seen] if e.sequence > join.position]
            for start in range(0, len(rest), page):
                passed += [item.sequence for item in join.read(rest[start : start + page])]
            passed += [item.sequence for item in join.caught_up()]
    assert join.ended
    return passed


@given(tales(), st.integers(1, 5))
def test_a_reader_gets_the_whole_once_in_order_up_to_the_end(tale: Tale, page: int) -> None:
    end = next(e.sequence for e in tale.stored if e.rest == "finished")
    expected = [e.sequence for e in tale.stored if tale.position < e.sequence <= end]
    assert passed_on(tale, page) == expected


def test_the_terminal_fact_waits_until_the_log_was_read_up_to_it() -> None:
    join = Join(3)
    assert not join.heard([live(entry(9, "finished"))])
    assert join.reads_until == 9
    assert [item.sequence for item in join.read([entry(7, "delta.0")])] == [7]
    assert [item.sequence for item in join.caught_up()] == [9]
    assert join.ended


def test_nothing_is_passed_on_between_a_gap_and_its_reading() -> None:
    join = Join(3)
    join.heard([Gap("disconnected")])
    assert not join.heard([live(entry(5, "started"))])
    join.read([entry(4, "requested"), entry(5, "started")])
    assert not join.caught_up()
    assert join.position == 5
