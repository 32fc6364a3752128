"""What the benchmark holds against what the readers of an agent were told."""

import json
from hashlib import sha256

from bench.readers import ReadReport, together
from bench.talk import AFTER, AROUND, Talk, delays

SPOKEN = ["Rive", "rs b", "end "]
TALK = Talk(chunks=3, size=4, is_single=True)


def stream(words: list[str], *, offsets: list[int] | None = None, output: str = "") -> bytes:
    starts = offsets or [sum(map(len, words[:at])) for at in range(len(words))]
    facts: list[tuple[str, dict[str, object]]] = [(kind, {}) for kind in AROUND]
    facts += [
        ("step.delta", {"at": "", "type": "step.delta", "offset": offset, "text": text})
        for offset, text in zip(starts, words, strict=True)
    ]
    digest = sha256((output or "".join(words)).encode()).hexdigest()
    facts += [(kind, {"output_sha256": digest}) for kind in AFTER]
    frames = [
        f"id: {at}\nevent: {kind}\ndata: {json.dumps(fact, separators=(',', ':'))}\n\n"
        for at, (kind, fact) in enumerate(facts, 1)
    ]
    return "".join(["retry: 1000\n\n", *frames]).encode()


def test_a_reader_that_was_told_every_chunk_in_order_has_no_fault() -> None:
    assert TALK.fault_in(stream(SPOKEN)) is None


def test_a_chunk_lost_told_twice_out_of_order_or_changed_is_a_fault() -> None:
    whole = "".join(SPOKEN)
    lost = stream(SPOKEN[:2], output=whole)
    twice = stream([*SPOKEN, SPOKEN[2]], offsets=[0, 4, 8, 8], output=whole)
    swapped = stream([SPOKEN[0], SPOKEN[2], SPOKEN[1]], offsets=[0, 8, 4], output=whole)
    changed = stream(["Rive", "rs a", "end "], output=whole)
    joined = stream([whole])
    for told in (lost, twice, swapped, changed, joined):
        assert TALK.fault_in(told)
    assert Talk(chunks=3, size=4).fault_in(joined) is None


def test_ids_that_do_not_rise_and_a_missing_event_are_faults() -> None:
    right = stream(SPOKEN)
    assert "rise" in (TALK.fault_in(right.replace(b"id: 6\n", b"id: 5\n")) or "")
    assert "told" in (TALK.fault_in(right.replace(b"step.turn", b"step.delta")) or "")


def test_a_chunk_is_there_when_the_piece_with_the_end_of_its_frame_came() -> None:
    talk = Talk(chunks=3, tells_time=True, is_single=True)
    told = stream(["1000000000 ", "2000000000 ", "3000000000 "])
    assert talk.fault_in(told) is None
    second = told.index(b'"text":"2000') + 5
    found = delays(told, [second, len(told)], [1.5, 4.0])
    assert found == [0.5, 2.0, 1.0]


def test_readers_in_several_processes_must_have_been_told_the_same() -> None:
    one = ReadReport(first_at=1.0, ended_at=5.0, frames=10, checksums={"run": 7})
    same = ReadReport(first_at=0.5, ended_at=6.0, frames=10, checksums={"run": 7})
    other = ReadReport(first_at=1.0, ended_at=5.0, frames=10, checksums={"run": 8})
    whole = together([one, same])
    assert (whole.first_at, whole.ended_at, whole.frames, whole.faults) == (0.5, 6.0, 20, [])
    assert together([one, other]).faults == ["two readers of run were told different bytes"]
