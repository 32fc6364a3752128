"""What is wrong with what a listener was told of a run, judged by all that was ever stored of it.

Every lifecycle fact once, byte for byte, in order, then the end. Of the words each once, joined or
not; only a fresh reader is spared those of attempts that were over, and nobody gets expired ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

from penstock_client.event import Event
from penstock_client.view import RunView, fold

from services.api.live.opening import unvoid
from shared.log import declared
from shared.log.port import Entry
from shared.log.subjects import StepKey, StepRest, is_delta, step_rest
from tests.simulation.listener import Heard, Tale

LIFE = timedelta(seconds=declared.DELTA_SECONDS)
STATUSES = {"run.completed": "completed", "run.failed": "failed", "run.cancelled": "cancelled"}


def objections(stored: Sequence[Entry], tale: Tale) -> list[str]:
    """Everything that is wrong."""
    return list(_Judge(list(unvoid(stored)), tale).objections())


class _Judge:
    def __init__(self, whole: list[Entry], tale: Tale) -> None:
        self._whole = whole
        self._by_id = {entry.sequence: entry for entry in whole}
        self._tale = tale
        self._told = [heard for heard in tale.heard if heard.frame.event != "end"]
        self._outcomes = dict(self._outcome_places())
        self._covered: dict[int, Heard] = {}
        self._has_expired = False

    def objections(self) -> Iterator[str]:
        yield from self._order()
        yield from self._end()
        for heard in self._told:
            yield from self._frame(heard)
        yield from self._missing()
        yield from self._view()

    def _order(self) -> Iterator[str]:
        ids = [heard.id for heard in self._told]
        for before, after in pairwise(ids):
            if after <= before:
                yield f"{after} was told behind {before}"
        if refused := self._tale.refusals - {503}:
            yield f"it was refused with {refused}"

    def _end(self) -> Iterator[str]:
        if not self._tale.was_sent_away:
            yield "it never came to the end"
        ends = [heard for heard in self._tale.heard if heard.frame.event == "end"]
        if len(ends) > 1 or (ends and self._tale.heard[-1] is not ends[0]):
            yield f"the end was told {len(ends)} times, or something behind it"
        last = self._whole[-1]
        for end in ends:
            status = json.loads(end.frame.data)["status"]
            if (end.id, status) != (last.sequence, STATUSES[_fact(last)["type"]]):
                yield f"the end is {end.frame}, the last fact {last.rest} at {last.sequence}"

    def _frame(self, heard: Heard) -> Iterator[str]:
        entry = self._by_id.get(heard.id)
        if entry is not None and entry.data == heard.frame.data.encode():
            yield from self._cover([entry], heard)
            return
        fact = json.loads(heard.frame.data)
        if entry is not None and is_delta(entry.rest):
            joined = self._joined(entry, fact["offset"])
            text = "".join(_fact(each)["text"] for each in joined)
            if (fact["text"], fact["type"]) == (text, _fact(entry)["type"]):
                yield from self._cover(joined, heard)
                return
        if not self._stands_in(heard, fact):
            yield f"{heard.frame} is not what was stored"

    def _joined(self, last: Entry, offset: int) -> list[Entry]:
        """The neighbours of one voice that end with `last`, from an offset on."""
        found = [last]
        start = _fact(last)["offset"]
        for entry in reversed(self._whole[: self._whole.index(last)]):
            if start <= offset:
                break
            fact = _fact(entry)
            if entry.rest == last.rest and fact["type"] == _fact(last)["type"]:
                found.insert(0, entry)
                start = fact["offset"]
        return found

    def _stands_in(self, heard: Heard, fact: dict[str, Any]) -> bool:
        """Whether it is the text of finished turns in the place of words that have expired."""
        said = StepKey(fact.get("step", -1), fact.get("attempt", -1)).turns
        turns = [e for e in self._whole if e.rest.startswith(said) and e.sequence <= heard.last]
        texts = [json.loads(_fact(turn)["content"])[0]["text"] for turn in turns]
        wholes = ["".join(texts[: n + 1]) for n in range(len(texts))]
        self._has_expired = True
        return fact.get("offset") == 0 and fact.get("text") in wholes

    def _cover(self, entries: Sequence[Entry], heard: Heard) -> Iterator[str]:
        for entry in entries:
            if (before := self._covered.setdefault(entry.sequence, heard)) is not heard:
                yield f"{entry.sequence} was told with {before.id} and with {heard.id}"

    def _missing(self) -> Iterator[str]:
        last_told = self._told[-1].id if self._told else 0
        for entry in self._whole:
            if entry.sequence <= (self._tale.start or 0) or entry.sequence in self._covered:
                continue
            if self._tale.types and _fact(entry)["type"] not in self._tale.types:
                continue
            if not is_delta(entry.rest):
                yield f"{entry.rest} at {entry.sequence} was not told"
            elif entry.sequence < last_told and not self._is_excused(entry):
                yield f"the words at {entry.sequence} were not told"

    def _is_excused(self, entry: Entry) -> bool:
        """Nobody was to tell these words: the attempt was over, or an hour."""
        following = next(heard for heard in self._told if heard.id > entry.sequence)
        if entry.time + LIFE <= following.at:
            self._has_expired = True
            return True
        is_fresh = self._tale.start is None and following.visit == self._told[0].visit
        known = self._told[0].last
        return is_fresh and entry.sequence <= known and self._over_at(entry) <= known

    def _was_cut_at_first(self) -> bool:
        """Cut before it was told all there was: it may then hear the rest of what it was spared."""
        first = self._told[0]
        return max(h.id for h in self._told if h.visit == first.visit) < first.last

    def _over_at(self, entry: Entry) -> int:
        said, last = step_rest(entry.rest), self._whole[-1].sequence
        return last if said is None else min(self._outcomes.get(said.key, last), last)

    def _outcome_places(self) -> Iterator[tuple[StepKey, int]]:
        for entry in self._whole:
            match step_rest(entry.rest):
                case StepRest(attempt, "finished"):
                    yield attempt, entry.sequence

    def _view(self) -> Iterator[str]:
        """Whoever was told from the beginning shows what a reader of everything shows."""
        if self._tale.start is not None or self._tale.types is not None:
            return
        whole = fold(Event(e.sequence, _fact(e)["type"], _fact(e)) for e in self._whole)
        shown = fold(Event(h.id, h.frame.event, json.loads(h.frame.data)) for h in self._told)
        if shown.needs_reread and not self._has_expired and not self._was_cut_at_first():
            yield "a text has a hole"
        if not shown.needs_reread and _told(shown) != _told(whole):
            yield f"it shows {_told(shown)}, a reader of everything {_told(whole)}"


def _told(view: RunView) -> object:
    steps = [(s.step, s.status, s.attempt, s.text, s.thinking) for s in view.ordered_steps()]
    return view.status, steps


def _fact(entry: Entry) -> dict[str, Any]:
    fact: dict[str, Any] = json.loads(entry.data)
    return fact
