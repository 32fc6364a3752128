"""Long histories, read page by page from replicas of which some lag behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from shared.log.jetstream import history
from shared.log.jetstream.connection import NatsUnavailable
from shared.log.jetstream.direct import Batch, Direct, TooManySubjects
from shared.log.jetstream.history import Reading
from shared.log.port import Entry
from shared.log.subjects import Address

ADDRESS = Address(0, "acme", "run-1")
DAWN = datetime(2030, 1, 1, tzinfo=UTC)
FACTS = 3_000


def entry(sequence: int) -> Entry:
    rest = "requested" if sequence == 1 else f"step.{sequence}.1.finished"
    return Entry(sequence, ADDRESS, rest, b"{}", DAWN)


class Replicas(Direct):
    """A stream of one run; each read is answered by the next replica, by how far it has come."""

    def __init__(self, known: Iterator[int], leader: int = FACTS) -> None:
        self._known = known
        self.leader = leader

    async def last_of_each(self, filters: Sequence[str]) -> Batch:
        if any(name.endswith("step.>") for name in filters):
            raise TooManySubjects
        asked = {name.rpartition("run-1.")[2] for name in filters}
        known = next(self._known)
        stored = [entry(sequence) for sequence in range(1, known + 1)]
        if "*" in asked:
            asked.add("requested")
        found = [each for each in stored if each.rest in asked]
        return Batch(entries=found, up_to=known if found else 0)

    async def following(self, subject_filter: str, after: int, most: int) -> Batch:
        known = next(self._known)
        behind = range(max(after + 1, 2), known + 1)
        return Batch(entries=[entry(n) for n in behind[:most]], pending=len(behind[most:]))

    async def leaders_last(self, subject_filter: str) -> int:
        return 0 if subject_filter.endswith("tool.>") else self.leader

    async def leaders_next(self, subject_filter: str, after: int) -> int:
        return after + 1 if after < self.leader else 0


class Leaving(Replicas):
    """The same, of a run that is deleted as soon as one page was read."""

    async def following(self, subject_filter: str, after: int, most: int) -> Batch:
        self.leader = 0
        return await super().following(subject_filter, after, most)


def sequences(entries: Sequence[Entry]) -> list[int]:
    return [each.sequence for each in entries]


async def test_pages_from_a_replica_that_lags_are_read_on_from_until_the_leaders_last() -> None:
    replicas = iter([FACTS, 900, 900, 1_500, 1_500, FACTS, FACTS, FACTS])
    found = await Reading(Replicas(replicas)).history("acme", "run-1", at_least=0)
    assert sequences(found.entries) == [*range(1, FACTS + 1)]
    assert found.up_to == FACTS


async def test_what_is_stored_while_pages_are_read_is_no_part_of_the_history() -> None:
    replicas = iter([2_500, *[FACTS] * 9])
    found = await Reading(Replicas(replicas)).history("acme", "run-1", at_least=2_400)
    assert (sequences(found.entries), found.up_to) == ([*range(1, 2_501)], 2_500)


async def test_a_run_that_leaves_the_log_while_pages_are_read_is_not_waited_for() -> None:
    leaving = Leaving(iter([FACTS, 1_001, 0]))
    found = await Reading(leaving).history("acme", "run-1", at_least=0)
    assert sequences(found.entries) == [*range(1, 1_002)]


async def test_reading_on_ends_where_the_leader_does_not_where_a_replica_sees_the_end() -> None:
    replicas = iter([1, 900, 900, 2_500, 2_500, 2_500, FACTS])
    found = await Reading(Replicas(replicas)).read_on("run.0.acme.run-1.>", 1, FACTS)
    assert sequences(found) == [*range(2, FACTS + 1)]


async def test_reading_on_does_not_wait_for_what_leaves_the_log() -> None:
    leaving = Leaving(iter([1_500, 1_500, 1_500]))
    found = await Reading(leaving).read_on("run.0.acme.run-1.>", 1, FACTS)
    assert sequences(found) == [*range(2, 1_501)]


async def test_replicas_that_never_catch_up_are_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(history, "_LAG_SECONDS", 0)
    stuck = Replicas(iter([FACTS, *[900] * 999]))
    with pytest.raises(NatsUnavailable, match="no replica of the log has caught up"):
        await Reading(stuck).history("acme", "run-1", at_least=0)


async def test_each_part_of_a_long_selection_is_as_fresh_as_the_first() -> None:
    asked = [f"run.0.acme.run-1.step.{n}.1.finished" for n in range(2, 1_102)]
    replicas = iter([2_000, 40, 700, 2_000, 1_200, 1_200, FACTS])
    found = await Reading(Replicas(replicas)).select(asked, at_least=1_500)
    assert sequences(found.entries) == [*range(2, 1_102)]
    assert found.up_to == 2_000
