"""Facts that are understood, and that Postgres does not take: they hold up their own run alone."""

from __future__ import annotations

import asyncpg

from services.projector.batch import Batch, Parked
from services.projector.rows import Story
from services.projector.upserts import apply

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
) -> frozenset[str]:
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
    return await apply(connection, batch.told, carefully=carefully)


async def _refusal(connection: asyncpg.Connection, story: Story) -> str | None:
    """Why Postgres takes nothing of this story; it stays as it was in any case."""
    trial = connection.transaction()
    await trial.start()
    try:
        await apply(connection, {story.run.run_id: story}, carefully=True)
    except REFUSED as error:
        return f"expected a fact that Postgres can hold, got {error}"[:LONGEST_REASON]
    finally:
        await trial.rollback()
    return None


def _parked(batch: Batch, story: Story, reason: str) -> Parked:
    run = story.run
    first = next(e.sequence for e in batch.entries if e.address.run == run.run_id)
    return Parked(run.run_id, run.workspace, run.partition, first, reason)
