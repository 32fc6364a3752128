"""Parked runs: what schedulers say of theirs, joined with the projector's rows.

A release is a question to both, and leaves no state: whoever understands the run by now goes on
with it. An end is the run's `finished`, appended here: terminal states absorb, so every service
agrees that the run is over, whatever else it understands.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import asyncpg

from services.api.admin.explanation import explain_look, explain_parked
from services.api.admin.parked_models import (
    EndAnswer,
    LookShape,
    ParkedBy,
    ParkedList,
    ParkedRunShape,
    ReleaseAnswer,
    Service,
)
from services.api.http.problems import Refused, RunFinished
from shared.errors import NotFound, Unavailable
from shared.ledger import parked as ledger
from shared.ledger import runs
from shared.log.oversight import Attendance
from shared.log.parked import Announced, Look, ParkedRun, announced
from shared.log.port import AlreadyRecorded, Log
from shared.log.subjects import Address
from shared.run.ending import cause_of_end
from shared.run.facts import RunFailed
from shared.runtime.logging import logger

log = logger()


class NotParked(Refused):
    """What was asked makes sense for a parked run alone."""

    code = "run_not_parked"
    status = 409


@dataclass(frozen=True, slots=True)
class _Known:
    """A parked run as one service knows it."""

    service: Service
    instance: str | None
    parked: ParkedRun

    def shape(self) -> ParkedBy:
        parked = self.parked
        return ParkedBy(
            service=self.service,
            instance=self.instance,
            since=parked.since,
            code=parked.code,
            reason=parked.reason,
            explanation=explain_parked(self.service, self.instance, parked),
            sequence=parked.sequence,
            type=parked.type,
            version=parked.version,
        )


class ParkedRuns:
    """Lists, releases and ends parked runs. Every call may raise Unavailable."""

    def __init__(self, source: Log, pool: asyncpg.Pool, schedulers: Attendance) -> None:
        self._log = source
        self._pool = pool
        self._schedulers = schedulers

    async def list(self, limit: int) -> ParkedList:
        """At most so many, the longest parked first."""
        about = await self._log.about()
        rows = await ledger.parked_runs(self._pool, limit=limit)
        said = {name: _read(words) for name, words in self._schedulers.said().items()}
        known = [*_announced(said), *(_Known("projector", None, row) for row in rows.runs)]
        found = _by_run(known)
        untold = sum(announced(each.get("parked")).more for each in said.values())
        heard = {number for each in said.values() for number in _partitions(each)}
        return ParkedList(
            items=found[:limit],
            more=len(found[limit:]) + max(untold, rows.more),
            silent_partitions=sorted(set(range(about.partitions)) - heard),
        )

    async def release(self, run: str) -> ReleaseAnswer:
        """Have whoever has parked the run look at it again. Raises: NotFound, NotParked."""
        address = await self._address(run)
        row = await ledger.parked_run(self._pool, run)
        scheduler, projector = await asyncio.gather(
            self._log.oversight.ask_parked("scheduler", address, "look"),
            self._log.oversight.ask_parked("projector", address, "look"),
        )
        looks: dict[Service, Look | None] = {"scheduler": scheduler, "projector": projector}
        outcomes = {look.outcome for look in looks.values() if look is not None}
        if "released" not in outcomes and "parked" not in outcomes and row is None:
            self._refuse_what_is_not_parked(address, scheduler)
        is_unanswered = scheduler is None or (row is not None and projector is None)
        return ReleaseAnswer(
            run_id=run,
            workspace=address.workspace,
            status="parked" if "parked" in outcomes or is_unanswered else "released",
            by=[_look(service, look) for service, look in looks.items()],
        )

    async def end(self, run: str, reason: str | None) -> EndAnswer:
        """Record that a parked run is over. Raises: NotFound, NotParked, RunFinished."""
        address = await self._address(run)
        if await ledger.parked_run(self._pool, run) is None:
            scheduler = await self._log.oversight.ask_parked("scheduler", address, "say")
            if scheduler is None or scheduler.outcome != "parked":
                self._refuse_what_is_not_parked(address, scheduler)
        partition, workspace, _ = address
        error = cause_of_end(reason)
        end = RunFailed(workspace=workspace, run=run, partition=partition, error=error)
        if isinstance(await self._log.append(end), AlreadyRecorded):
            raise RunFinished("The run is over: it has its end, which was recorded before.")
        log.info("run.ended_by_person", run=run)
        # Within a minute it would look by itself.
        with suppress(Unavailable):
            await self._log.oversight.ask_parked("scheduler", address, "look")
        return EndAnswer(
            run_id=run,
            workspace=workspace,
            status="failed",
            code=error.code,
            message=error.message,
        )

    async def _address(self, run: str) -> Address:
        """Where the run lives. Raises: NotFound, NotParked for one that has left the log."""
        for entry in await self._log.read_on("*", run, after=0, limit=1):
            return entry.address
        if await runs.workspace_of(self._pool, run) is None:
            raise NotFound(f"There is no run {run!r}.")
        raise NotParked("expected a parked run, got one that is over and has left the log.")

    def _refuse_what_is_not_parked(self, address: Address, scheduler: Look | None) -> None:
        """Raises: NotParked; Unavailable, if whoever works the partition may know otherwise."""
        if scheduler is None:
            raise Unavailable(
                f"expected a scheduler to answer for partition {address.partition}, none did; see "
                "that one is running (`penstock system`), then ask again"
            )
        raise NotParked(
            "expected a parked run, got one that no service has parked; to stop a run, cancel it."
        )


def _announced(said: Mapping[str, Mapping[str, object]]) -> Iterator[_Known]:
    for name, words in said.items():
        parked: Announced = announced(words.get("parked"))
        for each in parked.runs:
            yield _Known("scheduler", name, each)


def _by_run(known: list[_Known]) -> list[ParkedRunShape]:
    """One for each run, the longest parked first."""
    of_runs: dict[tuple[str, str], list[_Known]] = {}
    for each in sorted(known, key=lambda each: each.parked.since):
        of_runs.setdefault((each.parked.workspace, each.parked.run), []).append(each)
    return [
        ParkedRunShape(
            run_id=run,
            workspace=workspace,
            since=of_run[0].parked.since,
            by=[each.shape() for each in of_run],
        )
        for (workspace, run), of_run in of_runs.items()
    ]


def _look(service: Service, look: Look | None) -> LookShape:
    return LookShape(
        service=service,
        instance=None if look is None else look.instance,
        outcome="silent" if look is None else look.outcome,
        explanation=explain_look(service, look),
    )


def _read(words: bytes) -> Mapping[str, object]:
    """What a scheduler says of itself; nothing, if that is of a version that says less."""
    try:
        said = json.loads(words)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _partitions(said: Mapping[str, object]) -> list[int]:
    numbers = said.get("partitions")
    return numbers if isinstance(numbers, list) else []
