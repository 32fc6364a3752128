"""A million runs: how fast lists, searches and sweeps are. `python -m tests.acceptance.at_scale`

Starts a PostgreSQL as `penstock up` has it, fills it (minutes; kept in FOLDER, and not done again),
and asks a real api over HTTP. Each question is asked with other values every time, for that is how
a database meets them. `--explain` shows how Postgres finds the rows.

    python -m tests.acceptance.at_scale [FOLDER] [--runs 1000000] [--times 40] [--only LIST]
        [--explain]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import perf_counter

import httpx2
from rich.console import Console
from rich.table import Table

from cli.up.port import free_port
from cli.up.postgres import EmbeddedPostgres
from services.api.identity.identity import Identity
from services.api.runs.run_filter import ListedRuns
from services.projector.deciders import settle_living_deciders
from services.projector.schema.upgrade import upgrade
from services.projector.upserts import settle_waits
from services.scheduler.scheduler import Scheduler
from services.scheduler.sweep import Sweeper
from shared.flow import content
from shared.ledger.listing import START, listing
from shared.ledger.pool import opened
from shared.ledger.runs import living_by_status
from shared.ledger.version import version_of
from shared.log.memory import MemoryLog
from shared.log.provision import provision
from tests.acceptance.many_runs import (
    ASKING,
    DRAWING,
    HOME,
    RUNS,
    Size,
    fill,
)
from tests.acceptance.scale_questions import QUESTIONS, Query, all_questions
from tests.eventually import eventually
from tests.integration.api.conftest import started
from tests.integration.api.people import logged_in, member
from tests.integration.api.story import Service
from tests.servers import NatsServer, PostgresServer, own_folder

WITHOUT_SUMS = "0014"
MOST_P95_MS = 50.0
ASKER = Identity(HOME, "at-scale", "admin")
MOST_SWEEP_SECONDS = 60.0


def main() -> None:
    """Print what was measured. Exit code 1 where a bound was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.at_scale")
    parser.add_argument("folder", nargs="?", type=Path, help="where the database is, and stays")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--times", type=int, default=40, help="how often each question is asked")
    parser.add_argument("--only", metavar="LIST", help="runs, pipelines, audit or usage alone")
    parser.add_argument("--explain", action="store_true", help="show how rows are found")
    options = parser.parse_args()
    with own_folder() as temporary:
        folder = (options.folder or temporary).resolve()
        (temporary / "nats").mkdir()
        folder.mkdir(exist_ok=True, parents=True)
        sys.exit(asyncio.run(_measured(folder, options, temporary)))


async def _measured(folder: Path, options: argparse.Namespace, temporary: Path) -> int:
    console = Console(width=110)
    postgres = PostgresServer(folder / "postgres")
    postgres.embedded = EmbeddedPostgres(
        folder=folder / "postgres", port=free_port(), password="for-tests-only"
    )
    await postgres.restart()
    nats = NatsServer(temporary / "nats")
    try:
        await asyncio.to_thread(nats.start)
        url = await _filled(postgres, options.runs, console)
        lists, missed = await _lists(nats.url, url, options)
        console.print(lists)
        if options.explain:
            await _explain(url, console)
        rest, also_missed = await _rest(url)
        console.print(rest)
        return int(missed or also_missed)
    finally:
        nats.stop()
        postgres.stop()


async def _filled(postgres: PostgresServer, runs: int, console: Console) -> str:
    """The URL of a database with so many runs."""
    embedded = postgres.embedded
    await embedded.ensure_database()
    async with opened(embedded.url) as connection:
        has_sums = (await version_of(connection) or "") > WITHOUT_SUMS
        if not has_sums:
            await upgrade(embedded.url, WITHOUT_SUMS)
            if not await connection.fetchval("select exists (select from runs)"):
                began = perf_counter()
                await fill(connection, Size(runs=runs))
                console.print(f"{runs:,} runs made in {perf_counter() - began:.0f} s")
        began = perf_counter()
        await upgrade(embedded.url)
        await settle_waits(connection, [0])
        await settle_living_deciders(connection, [0])
        if not has_sums:
            console.print(f"summed what they used in {perf_counter() - began:.0f} s")
            await connection.execute("vacuum analyze usage_sums")
    return embedded.url


async def _lists(
    nats_url: str, database_url: str, options: argparse.Namespace
) -> tuple[Table, bool]:
    """How long each question takes over HTTP, and whether one took too long."""
    await provision(nats_url, partitions=1, pools=("default",))
    table = Table("question", "rows", "p50 ms", "p95 ms", "most ms")
    is_missed = False
    asked = [
        (path, *each)
        for path, questions in all_questions().items()
        for each in questions.items()
        if path.endswith(f"/{options.only or path.rpartition('/')[2]}")
    ]
    async with started(nats_url, database_url) as service, _person(service) as person:
        for path, name, ask in asked:
            chance, took, rows = Random(3), list[float](), 0
            for _ in range(options.times):
                query = ask(chance)
                by = person if "waiting_for_me" in query else service.http
                found, milliseconds = await _asked(by, path, query)
                took.append(milliseconds)
                rows = max(rows, found)
            took.sort()
            p95 = took[int(0.95 * (len(took) - 1))]
            is_missed |= p95 > MOST_P95_MS
            times_shown = (f"{each:.1f}" for each in (took[len(took) // 2], p95, took[-1]))
            table.add_row(name, str(rows), *times_shown)
    return table, is_missed


@asynccontextmanager
async def _person(service: Service) -> AsyncIterator[httpx2.AsyncClient]:
    """A new member's browser: nobody waits for a token."""
    user = await member(service, f"Asker{datetime.now(UTC):%Y%m%d%H%M%S}", "member", HOME)
    async with logged_in(service.url, user, HOME) as page:
        yield page


async def _asked(http: httpx2.AsyncClient, path: str, query: Query) -> tuple[int, float]:
    began = perf_counter()
    answer = await http.get(path, params=dict(query))
    took = (perf_counter() - began) * 1_000
    assert answer.status_code == 200, answer.text
    return len(answer.json()["items"]), took


async def _explain(database_url: str, console: Console) -> None:
    async with opened(database_url) as connection:
        for name, ask in QUESTIONS.items():
            wanted = ListedRuns.model_validate(dict(ask(Random(3)))).wanted_by(ASKER)
            query, arguments = listing(wanted, cursor=START, limit=51)
            console.print(f"\n[bold]{name}[/]")
            for row in await connection.fetch(f"explain (costs off) {query}", *arguments):
                console.print(f"  {row[0]}", highlight=False, markup=False, overflow="ellipsis")


async def _rest(database_url: str) -> tuple[Table, bool]:
    """Counts and sweeps: seconds, and whether one took too long."""
    table = Table("besides", "found", "seconds")
    async with opened(database_url) as connection, _sweeper() as sweeper:
        began = perf_counter()
        counted = await living_by_status(connection)
        table.add_row("runs that live, by status", f"{counted}", f"{perf_counter() - began:.3f}")
        await connection.execute(
            "insert into positions values (0, (select max(last_seq) from runs), now()) "
            "on conflict do nothing"
        )
        swept = []
        for which in ("first sweep", "next sweep"):
            began = perf_counter()
            owed = await sweeper.sweep(connection)
            swept.append(perf_counter() - began)
            label = f"{which} of {sum(counted.values()):,}"
            table.add_row(label, f"{owed} owed", f"{swept[-1]:.1f}")
    return table, swept[0] > MOST_SWEEP_SECONDS


@asynccontextmanager
async def _sweeper() -> AsyncIterator[Sweeper]:
    """What sweeps for a scheduler whose log has the flow, and none of the runs."""
    log, stopping = MemoryLog(partitions=1), asyncio.Event()
    await log.put_flow(ASKING.version, content(DRAWING))
    scheduler = Scheduler(log, 1, "at-scale")
    working = asyncio.create_task(scheduler.work(stopping))
    await eventually(lambda: scheduler.works(0))
    yield Sweeper(log, scheduler)
    stopping.set()
    await working


if __name__ == "__main__":
    main()
