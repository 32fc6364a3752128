"""Writing a batch down: facts, and what they mean for the read model, each table at once.

Most runs go from nothing to their end within a batch, so the rows of runs born in it are copied
in (COPY costs a third of an upsert). Rows of older runs are merged into what is there. A copy
that meets a row already there raises `AlreadyThere`, and the batch is done again `carefully`:
everything merged. Merging fills and raises registers: doing it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import asyncpg

from services.projector.batch import Batch
from services.projector.counting import count_known, count_new
from services.projector.deciders import settle_deciders, settle_living_deciders
from services.projector.rows import (
    AttemptRow,
    Row,
    RunRow,
    StepRow,
    Story,
    attempt_row,
    columns,
    run_row,
    step_row,
)
from services.projector.usage_sums import Spent
from shared.run.content import Usage

AlreadyThere = asyncpg.UniqueViolationError


@dataclass(frozen=True, eq=False)
class Table:
    """A table as this module writes it: `types` name the columns' types where not text."""

    name: str
    columns: tuple[str, ...]
    types: dict[str, str]
    merge: str

    @cached_property
    def unnested(self) -> str:
        """Rows from one array per column."""
        arrays = (f"${n}::{self.types.get(c, 'text')}[]" for n, c in enumerate(self.columns, 1))
        return f"unnest({', '.join(arrays)}) as given ({', '.join(self.columns)})"

    @cached_property
    def merging(self) -> str:
        names = ", ".join(self.columns)
        return f"insert into {self.name} ({names}) select * from {self.unnested} {self.merge}"

    async def copy(self, connection: asyncpg.Connection, rows: Sequence[Row]) -> None:
        """Raises: AlreadyThere."""
        if rows:
            await connection.copy_records_to_table(self.name, records=rows, columns=self.columns)

    async def merged(self, connection: asyncpg.Connection, rows: Sequence[Row]) -> None:
        if rows:
            await connection.execute(self.merging, *map(list, zip(*rows, strict=True)))


_TIME, _JSON, _BIG, _INT = "timestamptz", "jsonb", "bigint", "integer"
_RUN_TYPES = {
    "run_id": "uuid", "partition": _INT, "input_size_bytes": _BIG, "metadata": _JSON,
    "tags": _JSON, "limits": _JSON, "from_steps": _JSON, "created_at": _TIME,
    "status": "run_status", "started_at": _TIME,
    "cancel_requested_at": _TIME, "finished_at": _TIME, "result": _JSON,
    "error": _JSON, "last_seq": _BIG, "finished_seq": _BIG,
}  # fmt: skip


def _raised(existing: str, given: str) -> str:
    """SQL: the registers of a run that later facts fill or raise."""
    first = ("started_at", "cancel_requested_at", "stopping", "finished_at", "result", "error",
             "finished_seq")  # fmt: skip
    greatest = ("status", "last_seq")
    return ", ".join(
        [f"{c} = coalesce({existing}.{c}, {given}.{c})" for c in first]
        + [f"{c} = greatest({existing}.{c}, {given}.{c})" for c in greatest]
    )


FACTS = Table(
    "facts",
    ("run_id", "seq", "workspace", "partition", "rest", "type", "time", "data"),
    {"run_id": "uuid", "seq": _BIG, "partition": "smallint", "time": _TIME, "data": "bytea"},
    "on conflict do nothing",
)
RUNS = Table(
    "runs",
    columns(RunRow),
    _RUN_TYPES,
    f"on conflict (run_id) do update set {_raised('runs', 'excluded')}",
)
OLDER_RUNS = (
    f"update runs set {_raised('runs', 'given')} from {RUNS.unnested} "
    "where runs.run_id = given.run_id"
)
_KNOWN = (
    "select run_id::text, finished_seq, created_at, pipeline_id, pipeline_name "
    "from runs where run_id = any($1::uuid[])"
)
_HIGHER = ("status", "attempt", "standing", "changed_at")
STEPS = Table(
    "steps",
    columns(StepRow),
    {"run_id": "uuid", "step": _INT, "attempt": _INT, "standing": _BIG, "changed_at": _TIME},
    "on conflict (run_id, step) do update set kind = coalesce(steps.kind, excluded.kind), "
    + ", ".join(
        f"{c} = case when excluded.standing > steps.standing then excluded.{c} else steps.{c} end"
        for c in _HIGHER
    ),
)
_FILLED = ("pool", "queue", "ready_at", "started_at", "outcome", "finished_at", "error", "model",
           "stop_reason", "output_sha256", "output_size_bytes", "aborted_after_ms")  # fmt: skip
ATTEMPTS = Table(
    "attempts",
    columns(AttemptRow),
    {
        "run_id": "uuid", "step": _INT, "attempt": _INT, "ready_at": _TIME, "executions": _INT,
        "started_at": _TIME, "finished_at": _TIME, "error": _JSON, "truncated": "boolean",
        "output_size_bytes": _BIG, "aborted_after_ms": "double precision",
    },
    "on conflict (run_id, step, attempt) do update set "
    "worker = case when excluded.executions > attempts.executions then excluded.worker "
    "else attempts.worker end, "
    "executions = greatest(attempts.executions, excluded.executions), "
    "truncated = attempts.truncated or excluded.truncated, "
    + ", ".join(f"{c} = coalesce(attempts.{c}, excluded.{c})" for c in _FILLED),
)  # fmt: skip
STEP_INPUTS = Table(
    "step_inputs",
    ("run_id", "step", "source", "attempt"),
    {"run_id": "uuid", "step": _INT, "source": _INT, "attempt": _INT},
    "on conflict do nothing",
)
USAGE = Table(
    "usage",
    ("run_id", "step", "attempt", "turn", "model", *Usage.model_fields, "counted"),
    {"run_id": "uuid", "step": _INT, "attempt": _INT, "turn": _INT, "counted": "boolean"}
    | dict.fromkeys(Usage.model_fields, _BIG),
    "on conflict do nothing",
)
# A run waits while a person is asked and nothing else is under way; written where it changed.
_WAITS = """
update runs set waits = now.waits from (
    select r.run_id, r.status = 'running'
        and exists (select from steps s where s.run_id = r.run_id and s.status = 'waiting')
        and not exists (
            select from steps s
            where s.run_id = r.run_id and s.status in ('ready', 'running', 'retrying')
        ) as waits
    from runs r where {}
) now where runs.run_id = now.run_id and runs.waits <> now.waits
"""
_WAITS_OF_SOME = _WAITS.format("r.run_id = any($1::uuid[])")
_WAITS_OF_LIVING = _WAITS.format("r.finished_seq is null and r.partition = any($1::integer[])")
READ_MODEL = (RUNS, STEPS, ATTEMPTS, STEP_INPUTS, USAGE)


class Applied(NamedTuple):
    """Runs that were over, or never begun; and what is to be added to the sums, last of all."""

    outside: frozenset[str]
    spent: Spent


async def store_facts(connection: asyncpg.Connection, batch: Batch, *, carefully: bool) -> None:
    """Keep the bytes of every entry. Raises: AlreadyThere, unless done carefully."""
    rows = [
        (run, e.sequence, workspace, partition, e.rest, type_, e.time, e.data)
        for e, type_ in zip(batch.entries, batch.types, strict=True)
        for partition, workspace, run in (e.address,)
    ]
    await (FACTS.merged if carefully else FACTS.copy)(connection, rows)


async def apply(
    connection: asyncpg.Connection, told: dict[str, Story], *, carefully: bool
) -> Applied:
    """Bring the read model up to what the stories say, but for sums.

    Raises: AlreadyThere, unless carefully.
    """
    born = [story for story in told.values() if story.born]
    older, outside = await _living(connection, [s for s in told.values() if not s.born])
    spent = Spent()
    await count_known(spent, connection, older + born if carefully else older)
    if carefully:
        await RUNS.merged(connection, [run_row(story.run) for story in born])
        await _merge(connection, born + older)
    else:
        count_new(spent, born)
        for table, rows in _rows(born).items():
            await table.copy(connection, rows)
        await _merge(connection, older)
    changed = [s for s in told.values() if carefully or not s.born or s.has_question]
    if changed:
        await connection.execute(_WAITS_OF_SOME, [story.run.run_id for story in changed])
    asked = [s.run.run_id for s in told.values() if carefully or s.may_change_deciders]
    await settle_deciders(connection, asked)
    return Applied(outside, spent)


async def settle_waits(connection: asyncpg.Connection, partitions: Collection[int]) -> None:
    """Say of each run of these that lives whether it waits, and for whom.

    An earlier version, which may have written until now, does not say so.
    """
    await connection.execute(_WAITS_OF_LIVING, list(partitions))
    await settle_living_deciders(connection, partitions)


async def _living(
    connection: asyncpg.Connection, older: list[Story]
) -> tuple[list[Story], frozenset[str]]:
    """Those of the stories that go on with a run that is known; an ended one only uses tokens.

    And the runs that had ended, or are not known.
    """
    if not older:
        return [], frozenset()
    rows = await connection.fetch(_KNOWN, [story.run.run_id for story in older])
    asked = {row["run_id"]: row for row in rows}
    found = {run: row["finished_seq"] for run, row in asked.items()}
    known = [story for story in older if story.run.run_id in found]
    for story in known:
        for name in ("created_at", "pipeline_id", "pipeline_name"):
            setattr(story.run, name, asked[story.run.run_id][name])
        if found[story.run.run_id] is not None:
            story.keep_usage_only()
    living = [run_row(s.run) for s in known if found[s.run.run_id] is None]
    if living:
        await connection.execute(OLDER_RUNS, *map(list, zip(*living, strict=True)))
    living_runs = {story.run.run_id for story in known if found[story.run.run_id] is None}
    return known, frozenset(story.run.run_id for story in older) - living_runs


async def _merge(connection: asyncpg.Connection, merged: list[Story]) -> None:
    for table, rows in _rows(merged).items():
        if table is not RUNS:
            await table.merged(connection, rows)


def _rows(told: Iterable[Story]) -> dict[Table, list[Row]]:
    rows: dict[Table, list[Row]] = {table: [] for table in READ_MODEL}
    for story in told:
        run = story.run.run_id
        rows[RUNS].append(run_row(story.run))
        rows[STEPS] += map(step_row, story.steps.values())
        rows[ATTEMPTS] += map(attempt_row, story.attempts.values())
        rows[STEP_INPUTS] += [(run, *key, attempt) for key, attempt in story.inputs.items()]
        rows[USAGE] += [(run, *key, *used, True) for key, used in story.usage.items()]
    return rows
