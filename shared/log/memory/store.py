"""Stored entries, found by sequence, by run and by subject."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush

from shared.log.filters import pattern_of
from shared.log.port import Entry
from shared.log.subjects import Address, is_delta


class Store:
    """What is in the log, in sequence order. `last` is the highest sequence ever given."""

    def __init__(self) -> None:
        self.last = 0
        self._entries: dict[int, Entry] = {}
        self._runs: dict[tuple[str, str], dict[int, Entry]] = {}
        self._recorded: set[str] = set()
        self._expiring: list[tuple[datetime, int]] = []

    def __contains__(self, sequence: object) -> bool:
        return sequence in self._entries

    def is_recorded(self, subject: str) -> bool:
        """A fact of this subject is in the log."""
        return subject in self._recorded

    def put(
        self, address: Address, rest: str, data: bytes, now: datetime, life: timedelta
    ) -> Entry:
        """The entry, stored as the last one; `life` is that of a delta."""
        self.last += 1
        entry = Entry(sequence=self.last, address=address, rest=rest, data=data, time=now)
        self._entries[self.last] = entry
        self._runs.setdefault((address.workspace, address.run), {})[self.last] = entry
        if is_delta(rest):
            heappush(self._expiring, (now + life, self.last))
        else:
            self._recorded.add(address.subject(rest))
        return entry

    def expire(self, now: datetime) -> None:
        """Forget the deltas whose time is over."""
        while self._expiring and self._expiring[0][0] <= now:
            self.delete(heappop(self._expiring)[1])

    def delete(self, sequence: int) -> None:
        """Forget one entry; its subject is free again."""
        entry = self._entries.pop(sequence, None)
        if entry is None:
            return
        key = (entry.address.workspace, entry.address.run)
        run = self._runs[key]
        del run[sequence]
        if not run:
            del self._runs[key]
        self._recorded.discard(entry.address.subject(entry.rest))

    def of_run(self, workspace: str, run: str) -> Iterator[Entry]:
        """Everything of a run, in order; of whatever workspace if that is `*`."""
        if workspace == "*":
            found = (entries for (_, key), entries in self._runs.items() if key == run)
            return (entry for entries in found for entry in entries.values())
        return iter(self._runs.get((workspace, run), {}).values())

    def latest(self, address: Address, rests: Sequence[str]) -> tuple[Entry, ...]:
        """The last entry of each subject of a run that matches, in order."""
        wanted = pattern_of(*rests)
        found = {
            entry.rest: entry
            for entry in self.of_run(address.workspace, address.run)
            if entry.address == address and wanted.fullmatch(entry.rest)
        }
        return tuple(sorted(found.values(), key=lambda entry: entry.sequence))

    def lifecycle_of(self, workspace: str, after: int, up_to: int) -> Iterator[Entry]:
        """The lifecycle entries of a workspace between two sequences, in order."""
        for entry in tuple(self._entries.values()):
            is_within = after < entry.sequence <= up_to and entry.address.workspace == workspace
            if is_within and not is_delta(entry.rest):
                yield entry

    def of_partition(self, partition: int, after: int) -> list[Entry]:
        """The lifecycle entries of a partition after a sequence, in order."""
        return [
            entry
            for entry in self._entries.values()
            if entry.sequence > after
            and entry.address.partition == partition
            and not is_delta(entry.rest)
        ]

    def last_of(self, subject_filter: str) -> int:
        """The last sequence in the log that this filter matches; else 0."""
        wanted = pattern_of(subject_filter)
        for entry in reversed(self._entries.values()):
            if wanted.fullmatch(entry.address.subject(entry.rest)):
                return entry.sequence
        return 0
