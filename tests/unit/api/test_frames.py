"""Facts as frames, and what is told first."""

import json
from datetime import UTC, datetime

from services.api.live.frames import STATUS_BY_TYPE, End, Form, chunk, frame, type_of
from services.api.live.opening import Spoken, in_flight, opening
from services.api.live.tape import CHUNK_BYTES, MOST_BYTES, Tape
from shared.log.port import Entry
from shared.log.subjects import StepKey, address_of, rest_of
from shared.run import facts as f
from shared.run.content import Blob
from shared.run.wire import encode

NOON = datetime(2030, 1, 1, tzinfo=UTC)
RUN = {"workspace": "default", "run": "r", "partition": 0}
STEP = {**RUN, "step": 0, "node": "a", "attempt": 1}


def stored(sequence: int, fact: f.Lifecycle | f.Stream) -> Entry:
    return Entry(sequence, address_of(fact), rest_of(fact), encode(fact, "2030"), NOON)


def delta(sequence: int, offset: int, text: str, execution: int = 1) -> Entry:
    return stored(sequence, f.StepDelta(**STEP, execution=execution, offset=offset, text=text))


REQUESTED = stored(1, f.RunRequested(**RUN, flow="v"))
STARTED = stored(2, f.StepStarted(**STEP, execution=1, worker="w"))


def test_a_type_is_the_facts_own_whatever_its_texts_say() -> None:
    trap = '"type":"run.failed"'
    fact = f.StepDelta(**{**STEP, "node": trap}, execution=1, offset=0, text=trap)
    assert type_of(encode(fact, "2030")) == "step.delta"
    asked = f.RunRequested(**RUN, flow="v", metadata={"type": "x"}, input=trap)
    assert type_of(encode(asked, "2030")) == "run.requested"


def test_a_frame_is_the_fact_as_it_stands_in_the_log() -> None:
    assert frame(7, STARTED.data).wire == (
        b"id: 7\nevent: step.started\ndata: " + STARTED.data + b"\n\n"
    )
    assert frame(7, STARTED.data).bare == b"id: 7\ndata: " + STARTED.data + b"\n\n"


def test_a_large_body_gets_a_url_and_user_json_does_not() -> None:
    asked = f.RunRequested(
        **RUN, flow="v", input=Blob(blob="ab", size_bytes=9), metadata={"a": {"blob": "x"}}
    )
    data = json.loads(frame(1, encode(asked, "2030")).wire.split(b"data: ")[1])
    assert data["input"] == {"blob": "ab", "size_bytes": 9, "url": "/api/v1/runs/r/blobs/ab"}
    assert data["metadata"] == {"a": {"blob": "x"}}


def test_neighbouring_deltas_are_one_under_the_id_of_the_last() -> None:
    other = stored(5, f.RunCancelRequested(**RUN))
    told = opening(
        [REQUESTED, STARTED, delta(3, 0, "ä"), delta(4, 1, "b"), other, delta(6, 2, "c")], {}
    )
    assert [(each.sequence, each.type) for each in told.frames] == [
        (1, "run.requested"), (2, "step.started"), (4, "step.delta"),
        (5, "run.cancel_requested"), (6, "step.delta"),
    ]  # fmt: skip
    assert b'"offset":0,"text":"\xc3\xa4b"' in told.frames[2].wire
    assert told.position == 6


def test_deltas_with_a_gap_or_of_two_executions_stay_apart() -> None:
    told = opening(
        [REQUESTED, STARTED, delta(3, 0, "a"), delta(4, 5, "b"), delta(5, 6, "c", 2)], {}
    )
    assert [each.sequence for each in told.frames] == [1, 2, 3, 4, 5]


def test_the_stand_in_for_expired_deltas_has_a_free_id_of_its_own() -> None:
    turn = stored(9, f.StepTurn(**STEP, execution=1, turn=1, model="m", content="[]"))
    neighbour = stored(8, f.RunStarted(**RUN))
    told = opening(
        [REQUESTED, STARTED, delta(5, 3, "late"), neighbour, turn, delta(10, 7, "more")],
        {StepKey(0, 1): [Spoken(9, "the late")]},
    )
    assert [each.sequence for each in told.frames] == [1, 2, 7, 8, 9, 10]
    assert b'"offset":0,"text":"the late"' in told.frames[2].wire


def test_what_follows_the_terminal_fact_is_void() -> None:
    end = stored(3, f.RunCompleted(**RUN))
    told = opening([REQUESTED, STARTED, end, delta(4, 0, "late")], {})
    assert told.end == End(3, "completed")
    assert told.frames[-1].type in STATUS_BY_TYPE
    assert in_flight([REQUESTED, STARTED, end]) == {}


async def test_readers_at_the_same_place_share_one_chunk() -> None:
    tape = Tape(0)
    tape.add([frame(3, STARTED.data), frame(5, REQUESTED.data)])
    first, at = tape.take(0, Form())
    assert at == 5
    assert tape.take(0, Form())[0] is first
    assert tape.take(3, Form())[0] == frame(5, REQUESTED.data).wire
    assert tape.take(0, Form(frozenset({"run.requested"})))[0] == frame(5, REQUESTED.data).wire
    assert tape.take(9, Form()) == (b"", 9)


async def test_a_tape_forgets_what_is_a_mebibyte_old() -> None:
    tape = Tape(0)
    large = frame(1, delta(1, 0, "x" * 50_000).data)
    for sequence in range(1, 41):
        tape.add([large._replace(sequence=sequence)])
    assert not tape.reaches(0)
    assert tape.reaches(tape.base)
    at, size = tape.base, 0
    while at < tape.position:
        body, at = tape.take(at, Form())
        assert len(body) < CHUNK_BYTES + len(large.wire)
        size += len(body)
    assert size <= MOST_BYTES


def test_a_filter_leaves_nothing_of_other_types() -> None:
    assert chunk([frame(1, STARTED.data)], Form(frozenset({"run.failed"}))) == b""
