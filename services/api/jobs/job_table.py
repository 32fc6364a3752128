"""Jobs as rows: what is to be done, how far it is, and which api is at it until when."""

from __future__ import annotations

import builtins
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
import pydantic_core

from services.api.http.pages import Cursor as Page
from services.api.http.problems import Refused
from services.api.people.deeds import Deed, noted
from shared.ledger.pool import translated
from shared.ledger.runs import Cursor

MOST_OPEN = 10
"""Jobs of one workspace that are not done."""


class TooManyJobs(Refused):
    """A workspace has as many jobs under way as it may have."""

    code = "too_many_jobs"
    status = 409


class JobOver(Refused):
    """The job is done, or was cancelled before."""

    code = "job_over"
    status = 409


HELD_SECONDS = 15
# By then lists show what the job before has begun.
APART_SECONDS = 3

_CREATE = f"""
    with made as (
        insert into jobs (id, workspace, kind, filter, reason, requested_by, total)
        select $1, $2, $3, $4, $5, $6, $7
        where (select count(*) from jobs where workspace = $2 and finished_at is null) < {MOST_OPEN}
        returning *
    ), noted as ({noted("made", "id", 8)})
    select * from made
"""
# One that nobody holds any more was left by an api that died. Of a workspace's retries the one that
# was asked for first goes first: the next leaves out what this one has run again.
_CLAIM = f"""
    update jobs set held_by = $1, held_until = clock_timestamp() + interval '{HELD_SECONDS} seconds'
    where id = (
        select id from jobs j where finished_at is null and held_until < clock_timestamp()
        and not (kind = 'retry' and exists (
            select from jobs o where o.workspace = j.workspace and o.kind = 'retry'
            and (o.created_at, o.id) < (j.created_at, j.id)
            and (o.finished_at is null
                or o.finished_at > clock_timestamp() - interval '{APART_SECONDS} seconds')
        ))
        order by held_until limit 1 for update skip locked
    )
    returning *
"""
_NOTE = """
    update jobs set done = done + $3, skipped = skipped + $4, failed = failed + $5, reasons = $6,
        waiting_for = $7, place_at = coalesce($8, place_at), place_run = coalesce($9, place_run),
        held_by = null, held_until = clock_timestamp() + make_interval(secs => $10)
    where id = $1 and held_by = $2 returning true
"""
_END = """
    update jobs set finished_at = clock_timestamp(), waiting_for = null
    where id = $1 and held_by = $2 and finished_at is null
"""
_CANCEL = f"""
    with ended as (
        update jobs set finished_at = clock_timestamp(), waiting_for = null, cancelled_by = $3
        where id = $1 and workspace = $2 and finished_at is null returning *
    ), noted as ({noted("ended", "id", 4)})
    select * from ended
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be made; `filter` is JSON."""

    id: str
    workspace: str
    kind: str
    filter: str
    requested_by: str
    total: int
    reason: str | None = None


@dataclass(slots=True, kw_only=True)
class Progress:
    """What came of runs up to `place`, in the order of the job; None for no place but the last.

    `reasons` says by codes why runs were `skipped` or `failed`; `waiting_for` what the next waits
    for, in a sentence.
    """

    place: Cursor | None = None
    done: int = 0
    skipped: int = 0
    failed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    waiting_for: str | None = None


class Jobs:
    """All raise Unavailable when Postgres is away."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def create(self, new: NewJob, by: Deed) -> asyncpg.Record | None:
        """The job's row; None where the workspace has as many open ones as it may have."""
        with translated():
            return await self._pool.fetchrow(
                _CREATE,
                new.id, new.workspace, new.kind, new.filter, new.reason, new.requested_by,
                new.total, *by,
            )  # fmt: skip

    async def get(self, workspace: str, key: str) -> asyncpg.Record | None:
        """The job's row, if the workspace has it."""
        with translated():
            return await self._pool.fetchrow(
                "select * from jobs where id = $1 and workspace = $2", key, workspace
            )

    async def list(self, workspace: str, after: Page, limit: int) -> builtins.list[asyncpg.Record]:
        """Newest first, those behind the cursor."""
        with translated():
            rows: list[asyncpg.Record] = await self._pool.fetch(
                "select * from jobs where workspace = $1 and (created_at, id) < ($2, $3) "
                "order by created_at desc, id desc limit $4",
                workspace, after.created_at, after.id, limit,
            )  # fmt: skip
        return rows

    async def cancel(self, workspace: str, key: str, name: str, by: Deed) -> asyncpg.Record | None:
        """The job's row, over from now on; None where it was before, or there is none."""
        with translated():
            return await self._pool.fetchrow(_CANCEL, key, workspace, name, *by)

    async def claim(self, holder: str) -> asyncpg.Record | None:
        """A job that nobody is at, which is the holder's for a while; None if there is none."""
        with translated():
            return await self._pool.fetchrow(_CLAIM, holder)

    async def note(
        self, job: asyncpg.Record, holder: str, made: Progress, rest_seconds: float
    ) -> bool:
        """Note how far it is and let go of it, for so long; False if it is another's by now."""
        reasons = Counter(pydantic_core.from_json(job["reasons"])) + made.reasons
        place = made.place or (None, None)
        with translated():
            return bool(
                await self._pool.fetchval(
                    _NOTE,
                    job["id"], holder, made.done, made.skipped, made.failed,
                    pydantic_core.to_json(reasons).decode(), made.waiting_for, *place, rest_seconds,
                )
            )  # fmt: skip

    async def end(self, key: str, holder: str) -> None:
        """It is done."""
        with translated():
            await self._pool.execute(_END, key, holder)

    async def now(self) -> datetime:
        """The time by the clock of Postgres."""
        with translated():
            found: datetime = await self._pool.fetchval("select clock_timestamp()")
        return found
