"""A batch: entries of the log read into stories, with those set apart that cannot be applied.

Each fact is told the moment it is read and let go: thousands of them kept until the batch is
written would cost half as much again as reading them.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from services.projector.patches import tell
from services.projector.rows import Story
from shared.log.port import Entry
from shared.run.content import Blob
from shared.run.ending import is_ended_by_person
from shared.run.facts import RunRequested
from shared.run.meaning import BODIES
from shared.run.wire import Recorded, UnknownFact, decode

_RUN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TYPE = re.compile(rb'"type": ?"([a-z_.]{1,64})"')
_ESCAPED_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


class BlobName(NamedTuple):
    """A large body in the object store."""

    workspace: str
    run: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Parked:
    """A run with a fact that is not understood, and why."""

    run: str
    workspace: str
    partition: int
    sequence: int
    reason: str


@dataclass(slots=True)
class Batch:
    """Entries to store, and what of them is to be applied.

    `types` are parallel to `entries`. `blobs` and `flows` are what the facts name. `told` are the
    stories by run. `ended` are runs that a person ended: parked or not, their end is told, and what
    comes behind it. `foreign` are entries that cannot be facts of ours: their run is no UUID, so
    there is no place for them.
    """

    entries: list[Entry] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    told: dict[str, Story] = field(default_factory=dict)
    parked: dict[str, Parked] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    blobs: set[BlobName] = field(default_factory=set)
    flows: set[str] = field(default_factory=set)
    foreign: list[Entry] = field(default_factory=list)

    def told_of(self, runs: Container[str]) -> list[Entry]:
        """The entries that made the stories of these runs: none from where one was parked."""
        of_them = (entry for entry in self.entries if entry.address.run in runs)
        return [
            entry
            for entry in of_them
            if (parked := self.parked.get(entry.address.run)) is None
            or entry.sequence < parked.sequence
        ]


def read(entries: Iterable[Entry], parked: Container[str]) -> Batch:
    """The batch of these entries; facts of runs that are `parked` are stored, not applied."""
    batch = Batch()
    known: set[str] = set()
    for entry in entries:
        run = entry.address.run
        if run not in known:
            if not _has_place(entry):
                batch.foreign.append(entry)
                continue
            known.add(run)
        is_parked = (run in parked or run in batch.parked) and run not in batch.ended
        _add(batch, entry, is_parked=is_parked)
    return batch


def understood(entry: Entry) -> Recorded:
    """The entry decoded, with U+FFFD for NUL, which Postgres cannot keep in text.

    Raises: UnknownFact.
    """
    data = entry.data
    if b"\\u0000" in data:
        data = _ESCAPED_NUL.sub(rb"\1\\ufffd", data)
    fact = decode(data)
    said = (fact.partition, fact.workspace, fact.run)
    if said != entry.address:
        raise UnknownFact(
            f"expected a fact of {tuple(entry.address)}, as its subject says, found one of "
            f"{said!r:.200}; repair its writer"
        )
    return Recorded(fact=fact, sequence=entry.sequence, time=entry.time)


def _has_place(entry: Entry) -> bool:
    address = entry.address
    return _RUN_ID.fullmatch(address.run) is not None and address.workspace.isprintable()


def _add(batch: Batch, entry: Entry, *, is_parked: bool) -> None:
    batch.entries.append(entry)
    try:
        recorded = understood(entry)
    except UnknownFact as error:
        batch.types.append(_type_in(entry.data))
        if not is_parked and entry.address.run not in batch.ended:
            _, workspace, run = entry.address
            reason = str(error).replace("\0", "\ufffd")
            batch.parked[run] = Parked(
                run, workspace, entry.address.partition, entry.sequence, reason
            )
        return
    fact = recorded.fact
    batch.types.append(fact.type)
    if isinstance(fact, RunRequested):
        batch.flows.add(fact.flow)
    for name in BODIES.get(type(fact), ()):
        if isinstance(body := getattr(fact, name), Blob):
            batch.blobs.add(BlobName(entry.address.workspace, entry.address.run, body.blob))
    if is_ended_by_person(fact):
        batch.ended.add(fact.run)
        is_parked = False
    if not is_parked:
        tell(batch.told, recorded)


def _type_in(data: bytes) -> str:
    found = _TYPE.search(data)
    return found[1].decode() if found else "unknown"
