"""What a fresh reader is told first: the run so far, without the words of steps that are done.

All lifecycle facts, and the deltas of attempts in flight, neighbours joined under the id of the
last. Where deltas have expired, one at offset 0 built from the finished turns stands in their
place, under a free id below the turn's, so that every cut can still be resumed by id.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from services.api.live.frames import Stretch, end_of, frame, type_of
from shared.log.port import Entry
from shared.log.subjects import FINISHED, StepKey, StepRest, is_delta, step_rest

_CANCELS = b'"on_disconnect":"cancel"'
_JOINED = ("step.delta", "step.thinking")


def is_for_readers(begun: Stretch) -> bool:
    """Whether who asked for the run wants it only as long as it is read."""
    requested = begun.frames[0].data
    # Few runs say so, and inputs may be long: most are told without decoding.
    return _CANCELS in requested and json.loads(requested)["on_disconnect"] == "cancel"


class Spoken(NamedTuple):
    """The text of one finished turn of an attempt, and the turn's place in the log."""

    sequence: int
    text: str


def unvoid(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries up to the terminal fact; what was stored behind it is void."""
    for entry in entries:
        yield entry
        if entry.rest == FINISHED:
            return


def in_flight(entries: Iterable[Entry]) -> dict[StepKey, int]:
    """Attempts that were started and have no outcome, with the sequence of their first start."""
    open_since: dict[StepKey, int] = {}
    for entry in entries:
        if entry.rest == FINISHED:
            return {}
        match step_rest(entry.rest):
            case StepRest(attempt, "started"):
                open_since.setdefault(attempt, entry.sequence)
            case StepRest(attempt, "finished"):
                open_since.pop(attempt, None)
    return open_since


def turns_of(entries: Iterable[Entry], attempt: StepKey) -> list[Entry]:
    """The finished turns of an attempt, in order."""
    return [entry for entry in entries if entry.rest.startswith(attempt.turns)]


def opening(entries: Sequence[Entry], spoken: dict[StepKey, list[Spoken]]) -> Stretch:
    """What a fresh reader is told of these entries: lifecycle facts, and deltas in flight.

    `spoken` are the finished turns of the attempts in flight.
    """
    kept = list(unvoid(entries))
    told = {e.sequence: e for e in kept}
    for attempt, turns in spoken.items():
        _stand_in(told, kept, attempt, turns)
    ordered = [told[sequence] for sequence in sorted(told)]
    frames = tuple(frame(e.sequence, e.data) for e in _joined(ordered))
    return Stretch(frames, kept[-1].sequence, end_of(frames))


def _stand_in(
    told: dict[int, Entry], kept: Sequence[Entry], attempt: StepKey, turns: Sequence[Spoken]
) -> None:
    """Puts one delta in the place of those that have expired, if any have."""
    text = "".join(turn.text for turn in turns)
    if not text:
        return
    start = attempt.deltas
    texts = [e for e in kept if e.rest.startswith(start) and type_of(e.data) == "step.delta"]
    if texts and json.loads(texts[0].data)["offset"] == 0:
        return
    last = turns[-1].sequence
    for expired in texts:
        if expired.sequence < last:
            del told[expired.sequence]
    # The expired deltas had ids of their own between the start and the turn: one of them is free.
    place = last - 1
    while place in told:
        place -= 1
    told[place] = _delta_of(told[last], place, text)


def _delta_of(turn: Entry, sequence: int, text: str) -> Entry:
    fact = json.loads(turn.data)
    copied = ("at", "version", "workspace", "run", "partition", "step", "node", "attempt")
    delta = {key: fact[key] for key in copied if key in fact}
    delta |= {"execution": fact["execution"], "type": "step.delta", "offset": 0, "text": text}
    rest = StepKey(fact["step"], fact["attempt"]).delta(fact["execution"])
    return Entry(sequence, turn.address, rest, _line(delta), turn.time)


def _joined(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries, adjoining deltas of one execution and kind made one."""
    piece: _Piece | None = None
    for entry in entries:
        if not is_delta(entry.rest) or type_of(entry.data) not in _JOINED:
            if piece:
                yield piece.entry()
            piece = None
            yield entry
            continue
        fact = json.loads(entry.data)
        if piece and piece.adjoins(entry, fact):
            piece.add(entry, fact)
            continue
        if piece:
            yield piece.entry()
        piece = _Piece(entry, fact)
    if piece:
        yield piece.entry()


class _Piece:
    """Deltas that follow each other without a gap, as one."""

    def __init__(self, entry: Entry, fact: dict[str, Any]) -> None:
        self._first = self._last = fact
        self._entry = entry
        self._texts = [fact["text"]]
        self._end = fact["offset"] + len(fact["text"])

    def adjoins(self, entry: Entry, fact: dict[str, Any]) -> bool:
        same = entry.rest == self._entry.rest and fact["type"] == self._last["type"]
        return same and fact["offset"] == self._end

    def add(self, entry: Entry, fact: dict[str, Any]) -> None:
        self._entry, self._last = entry, fact
        self._texts.append(fact["text"])
        self._end += len(fact["text"])

    def entry(self) -> Entry:
        """The whole, under the id of the last."""
        if self._last is self._first:
            return self._entry
        whole = {**self._last, "offset": self._first["offset"], "text": "".join(self._texts)}
        return self._entry._replace(data=_line(whole))


def _line(fact: dict[str, Any]) -> bytes:
    return json.dumps(fact, ensure_ascii=False, separators=(",", ":")).encode()
