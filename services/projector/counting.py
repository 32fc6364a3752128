"""Which calls a batch adds to the sums: rows of an attempt before and after, and the difference.

Which calls an attempt made is known from all its rows together, so a sum is corrected when more of
them come. Rows say whether they are `counted`: those of an earlier version, which may have written
until now, are not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import asyncpg

from services.projector.rows import Row, RunRow, Story
from services.projector.usage_sums import COUNTS, AttemptUsed, Spent

UNCOUNTED_AT_ONCE = 1_000

_KEYS = "unnest($1::uuid[], $2::integer[], $3::integer[]) k (run_id, step, attempt)"
_ATTEMPTS = f"""
select k.run_id::text as run, k.step, k.attempt, a.started_at, u.turn, u.counted, u.model,
    {", ".join(f"u.{c}" for c in COUNTS)}
from {_KEYS}
left join attempts a on (a.run_id, a.step, a.attempt) = (k.run_id, k.step, k.attempt)
left join usage u on (u.run_id, u.step, u.attempt) = (k.run_id, k.step, k.attempt)
"""
_STEPS = """
select r.run_id::text as run, r.workspace, r.partition, r.created_at, r.pipeline_id,
    r.pipeline_name, s.step, s.node
from runs r join steps s using (run_id) where r.run_id = any($1::uuid[])
"""
_OF_RUNS = "select distinct run_id::text, step, attempt from usage where run_id = any($1::uuid[])"
_HELD = "select from positions where partition = any($1::integer[]) order by partition for update"
_UNCOUNTED = """
select distinct u.run_id::text, u.step, u.attempt from usage u join runs r using (run_id)
where not u.counted and r.partition = any($1::integer[]) limit $2
"""
_COUNT = f"""
update usage u set counted = true from {_KEYS}
where (u.run_id, u.step, u.attempt) = (k.run_id, k.step, k.attempt)
"""

Attempt: TypeAlias = tuple[str, int, int]
"""Run, step and attempt."""


@dataclass(slots=True)
class Known:
    """What Postgres has of an attempt: its rows of `usage` by turn, counted in sums or not."""

    started_at: datetime | None = None
    counted: dict[int, Row] = field(default_factory=dict)
    uncounted: dict[int, Row] = field(default_factory=dict)


def count_new(spent: Spent, stories: Iterable[Story]) -> None:
    """What runs used of which Postgres has nothing yet."""
    for story in stories:
        for (step, attempt), rows in _by_attempt(story).items():
            told = story.attempts.get((step, attempt))
            used = AttemptUsed(rows, told.started_at if told else None)
            spent.add(story.run, story.nodes[step], used)


async def count_known(
    spent: Spent, connection: asyncpg.Connection, stories: Iterable[Story]
) -> None:
    """What runs used beyond what Postgres has of them; before the stories are merged into it."""
    asked: dict[Attempt, tuple[Story, dict[int, Row]]] = {}
    for story in stories:
        used = _by_attempt(story)
        begun = (key for key, each in story.attempts.items() if each.started_at)
        for step, attempt in {*used, *begun}:
            asked[story.run.run_id, step, attempt] = story, used.get((step, attempt), {})
    for key, known in (await _known(connection, asked)).items():
        story, new = asked[key]
        before = known.counted
        after = {t: row for t, row in new.items() if t not in known.uncounted} | before
        told = story.attempts.get((key[1], key[2]))
        began_at = known.started_at or (told.started_at if told else None)
        if after and (len(after) > len(before) or began_at != known.started_at):
            node = story.nodes.get(key[1]) or story.steps[key[1]].node
            spent.add(story.run, node, AttemptUsed(before, known.started_at), times=-1)
            spent.add(story.run, node, AttemptUsed(after, began_at))


async def move_to_deleted(connection: asyncpg.Connection, runs: Collection[str]) -> None:
    """Runs are about to be deleted: what they used stays in the sums, by itself."""
    rows = await connection.fetch(_OF_RUNS, list(runs))
    spent = await _counted_anew(connection, [tuple(row) for row in rows], of_deleted=True)
    await spent.write(connection)


async def count_rest(connection: asyncpg.Connection, partitions: Collection[int]) -> None:
    """Count the rows of these partitions that an earlier version wrote, and did not."""
    is_done = False
    while not is_done:
        async with connection.transaction():
            await connection.execute(_HELD, list(partitions))
            rows = await connection.fetch(_UNCOUNTED, list(partitions), UNCOUNTED_AT_ONCE)
            attempts: list[Attempt] = [tuple(row) for row in rows]
            spent = await _counted_anew(connection, attempts, of_deleted=False)
            await connection.execute(_COUNT, *_columns(attempts))
            await spent.write(connection)
            is_done = len(rows) < UNCOUNTED_AT_ONCE


async def _counted_anew(
    connection: asyncpg.Connection, attempts: Collection[Attempt], *, of_deleted: bool
) -> Spent:
    """All that these used, counted or not, in place of what is counted."""
    spent = Spent()
    nodes = await _nodes(connection, {run for run, _, _ in attempts})
    for key, known in (await _known(connection, attempts)).items():
        if found := nodes.get((key[0], key[1])):
            spent.add(*found, AttemptUsed(known.counted, known.started_at), times=-1)
            every = AttemptUsed(known.counted | known.uncounted, known.started_at)
            spent.add(*found, every, of_deleted=of_deleted)
    return spent


def _by_attempt(story: Story) -> dict[tuple[int, int], dict[int, Row]]:
    found: dict[tuple[int, int], dict[int, Row]] = {}
    for (step, attempt, turn), row in story.usage.items():
        found.setdefault((step, attempt), {})[turn] = row
    return found


async def _known(
    connection: asyncpg.Connection, attempts: Collection[Attempt]
) -> dict[Attempt, Known]:
    if not attempts:
        return {}
    found: dict[Attempt, Known] = {}
    for row in await connection.fetch(_ATTEMPTS, *_columns(attempts)):
        run, step, attempt, started_at, turn, counted, *used = row
        known = found.setdefault((run, step, attempt), Known(started_at))
        if turn is not None:
            (known.counted if counted else known.uncounted)[turn] = tuple(used)
    return found


def _columns(attempts: Collection[Attempt]) -> tuple[list[str], list[int], list[int]]:
    return (
        [run for run, _, _ in attempts],
        [step for _, step, _ in attempts],
        [attempt for _, _, attempt in attempts],
    )


async def _nodes(
    connection: asyncpg.Connection, runs: Collection[str]
) -> Mapping[tuple[str, int], tuple[RunRow, str]]:
    """The row of the run, as far as sums go by it, and the node, by run and step."""
    found: dict[tuple[str, int], tuple[RunRow, str]] = {}
    for row in await connection.fetch(_STEPS, list(runs)):
        run, workspace, partition, created_at, pipeline_id, name, step, node = row
        told = RunRow(
            run_id=run,
            workspace=workspace,
            partition=partition,
            created_at=created_at,
            pipeline_id=pipeline_id,
            pipeline_name=name,
        )
        found[run, step] = told, node
    return found
