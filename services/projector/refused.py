"""Facts that are understood, and that Postgres does not take: they hold up their own run alone."""

from __future__ import annotations

import asyncpg

from services.projector.batch import Batch, Parked, understood
from services.projector.patches import tell
from services.projector.rows import Story
from services.projector.upserts import Applied, apply
from shared.ledger.parked import REFUSED as REFUSED_WORDS
from shared.log.subjects import FINISHED, REQUESTED

REFUSED: tuple[type[Exception], ...] = (
    asyncpg.DataError,
    asyncpg.CheckViolationError,
    asyncpg.NotNullViolationError,
    asyncpg.ProgramLimitExceededError,
    OverflowError,  # a COPY is encoded here, without the library's own error
    UnicodeEncodeError,
)
LONGEST_REASON = 1_000


async def apply_or_park(
    connection: asyncpg.Connection, batch: Batch, *, carefully: bool
) -> Applied:
    """What `apply` does with the batch; runs that Postgres refuses go from `told` to `parked`.

    Raises: AlreadyThere, unless carefully.
    """
    try:
        async with connection.transaction():
            return await apply(connection, batch.told, carefully=carefully)
    except REFUSED:
        for run, story in tuple(batch.told.items()):
            reason = await _refusal(connection, story)
            if reason is not None:
                del batch.told[run]
                batch.parked[run] = _parked(batch, story, reason)
                await _tell_end_alone(connection, batch, run)
    return await apply(connection, batch.told, carefully=carefully)


async def _refusal(connection: asyncpg.Connection, story: Story) -> str | None:
    """Why Postgres takes nothing of this story; it stays as it was in any case."""
    trial = connection.transaction()
    await trial.start()
    try:
        await apply(connection, {story.run.run_id: story}, carefully=True)
    except REFUSED as error:
        return f"{REFUSED_WORDS}, got {error}"[:LONGEST_REASON]
    finally:
        await trial.rollback()
    return None


async def _tell_end_alone(connection: asyncpg.Connection, batch: Batch, run: str) -> None:
    """If a person ended the run in this batch, tell that, whatever else is refused of it."""
    if run not in batch.ended:
        return
    told: dict[str, Story] = {}
    for entry in batch.entries:
        if entry.address.run == run and entry.rest in (REQUESTED, FINISHED):
            tell(told, understood(entry))
    if await _refusal(connection, told[run]) is None:
        batch.told[run] = told[run]


def _parked(batch: Batch, story: Story, reason: str) -> Parked:
    run = story.run
    first = next(e.sequence for e in batch.entries if e.address.run == run.run_id)
    return Parked(run.run_id, run.workspace, run.partition, first, reason)
