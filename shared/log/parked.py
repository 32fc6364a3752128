"""Runs that a service has parked: as it tells of them, and as it answers when it is asked.

A scheduler tells with all else it says of itself, so what it tells is bounded in runs and bytes,
and says how many more there are. Whoever reads it may be of another version: what it does not know
of it is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import Corrupt
from shared.log.subjects import Address
from shared.run.wire import UnknownFact

Service: TypeAlias = Literal["scheduler", "projector"]
Question: TypeAlias = Literal["say", "look"]

MOST_TOLD = 50
MOST_TOLD_BYTES = 16_384
LONGEST_REASON = 300


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class ParkedRun(_Told):
    """A run that one service has parked: since when by that one's clock, and why.

    `sequence` is the place in the log of the fact that was not understood, `type` and `version` are
    what that says it is; None where no single fact is to blame, or it does not say.
    """

    workspace: str
    run: str
    partition: int
    since: datetime
    code: str
    reason: str
    sequence: int | None = None
    type: str | None = None
    version: int | None = None


class Look(_Told):
    """What a service found when it was asked about a run; `parked` if it has it parked."""

    instance: str | None
    outcome: Literal["released", "parked", "not_parked"]
    parked: ParkedRun | None = None


class Announced(NamedTuple):
    """Parked runs as a member tells of them, and how many more it has."""

    runs: tuple[ParkedRun, ...]
    more: int


def parked_by(error: Corrupt, address: Address, since: datetime) -> ParkedRun:
    """The run that has to be parked because of this error."""
    named = error if isinstance(error, UnknownFact) else UnknownFact("")
    return ParkedRun(
        workspace=address.workspace,
        run=address.run,
        partition=address.partition,
        since=since,
        code=error.code,
        reason=str(error)[:LONGEST_REASON],
        sequence=named.sequence,
        type=named.type,
        version=named.version,
    )


def announce(parked: Iterable[ParkedRun]) -> dict[str, object]:
    """These as a member tells of them, the longest parked first; see `announced`."""
    waiting = sorted(parked, key=lambda each: (each.since, each.run))
    told: list[object] = []
    size_bytes = 0
    for each in waiting[:MOST_TOLD]:
        dumped = each.model_dump(mode="json")
        size_bytes += len(json.dumps(dumped))
        if size_bytes > MOST_TOLD_BYTES:
            break
        told.append(dumped)
    return {"runs": told, "more": len(waiting) - len(told)}


def announced(said: object) -> Announced:
    """What `announce` told; nothing of it that this version does not understand."""
    if not isinstance(said, dict):
        return Announced((), 0)
    told, more = said.get("runs"), said.get("more")
    found = [_parked_run(each) for each in told] if isinstance(told, list) else []
    runs = tuple(each for each in found if each is not None)
    unread = len(found) - len(runs)
    return Announced(runs, unread + (more if isinstance(more, int) else 0))


def look_of(answer: bytes) -> Look | None:
    """The answer of a service; None if this version does not understand it."""
    try:
        return Look.model_validate_json(answer)
    except ValidationError:
        return None


def _parked_run(told: object) -> ParkedRun | None:
    try:
        return ParkedRun.model_validate(told)
    except ValidationError:
        return None
