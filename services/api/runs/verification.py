"""Can every run be read? Asked of the code that answers users, and compared with what is recorded.

Of each run the whole answer is made, and every text is read and hashed: what was recorded of a text
is its SHA-256, so one that differs by a byte is found. The newest runs are read, so many as is
said; of older ones SQL alone is asked (`services/projector/verification.py`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import asyncpg

from services.api.runs.reading import RunRead, RunReader
from services.api.runs.views import run_shape
from shared.errors import PenstockError
from shared.ledger.listing import START, Wanted, list_runs
from shared.ledger.runs import Run
from shared.run import facts as f
from shared.run.content import ContentRef

MOST_RUNS = 10_000
SHOWN = 20
_PAGE = 200


@dataclass(slots=True)
class Readings:
    """How many runs were read, of how many there are, and what is wrong with some, in words."""

    of: int
    runs: int = 0
    texts: int = 0
    problems: list[str] = field(default_factory=list)
    more: int = 0

    def add(self, problem: str) -> None:
        """One more problem; of many the first are kept."""
        if len(self.problems) < SHOWN:
            self.problems.append(problem)
        else:
            self.more += 1


async def read_back(reader: RunReader, pool: asyncpg.Pool, *, most: int = MOST_RUNS) -> Readings:
    """Read the newest `most` runs that are over. Raises: Unavailable, if Postgres goes away."""
    count = "select count(*) from runs where finished_seq is not null"
    readings = Readings(of=await pool.fetchval(count))
    async for run in _finished(pool):
        if readings.runs == most:
            break
        try:
            problem = await _problem(reader, run, readings)
        except PenstockError as error:
            problem = f"{error.code}: {error}"
        if problem:
            readings.add(f"run {run.run} cannot be read as it was recorded: {problem}")
        readings.runs += 1
    if readings.more:
        readings.problems.append(f"{readings.more:,} more runs cannot be read either")
    return readings


async def _finished(pool: asyncpg.Pool) -> AsyncIterator[Run]:
    cursor = START
    while page := await list_runs(pool, Wanted(workspace=None), cursor=cursor, limit=_PAGE):
        for run in page:
            if run.is_finished:
                yield run
        cursor = page[-1].cursor


async def _problem(reader: RunReader, run: Run, readings: Readings) -> str | None:
    """What a user would be told wrong of the run. Raises: PenstockError for what nobody is told."""
    read = await reader.read(run.workspace, run.run)
    shape = run_shape(read, "")
    if shape.status != run.status:
        return f"expected the status {run.status}, as lists show it, got {shape.status}"
    readings.texts += 1
    asked = read.requested
    if asked.input_sha256 not in ("", _hashed(await reader.input_of(read))):
        return f"expected an input with the SHA-256 {asked.input_sha256}, got another"
    for fact in _outputs(read):
        ref = ContentRef(step=fact.step, attempt=fact.attempt)
        readings.texts += 1
        if fact.output_sha256 not in ("", _hashed(await reader.text_of(read, [ref]))):
            return (
                f"expected an output of step {fact.step} with the SHA-256 {fact.output_sha256}, "
                "got another"
            )
    return None


def _outputs(read: RunRead) -> Iterator[f.StepCompleted]:
    for recorded in read.recorded:
        if isinstance(recorded.fact, f.StepCompleted) and recorded.fact.output is not None:
            yield recorded.fact


def _hashed(text: Sequence[bytes]) -> str:
    found = sha256()
    for part in text:
        found.update(part)
    return found.hexdigest()
