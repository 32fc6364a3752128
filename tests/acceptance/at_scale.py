"""A million runs: how fast lists, searches and sweeps are. `python -m tests.acceptance.at_scale`

Starts a PostgreSQL as `penstock up` has it, fills it (minutes; kept in FOLDER, and not done again),
and asks a real api over HTTP. Each question is asked with other values every time, for that is how
a database meets them. `--explain` shows how Postgres finds the rows.

    python -m tests.acceptance.at_scale [FOLDER] [--runs 1000000] [--times 40] [--usage] [--explain]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from typing import TypeAlias

import httpx2
from rich.console import Console
from rich.table import Table

from cli.up.port import free_port
from cli.up.postgres import EmbeddedPostgres
from services.api.identity.identity import Identity
from services.api.runs.run_filter import ListedRuns
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
    DAYS,
    DRAWING,
    HOME,
    PIPELINES,
    RUNS,
    THEMES,
    Size,
    fill,
    pipeline_id,
)
from tests.eventually import eventually
from tests.integration.api.conftest import started
from tests.servers import NatsServer, PostgresServer, own_folder

Query: TypeAlias = Mapping[str, str]
Ask: TypeAlias = Callable[[Random], Query]
WITHOUT_SUMS = "0014"
MOST_P95_MS = 50.0
ASKER = Identity(HOME, "at-scale", "admin")
MOST_SWEEP_SECONDS = 60.0


def _ago(days: float) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def _window(chance: Random, name: str) -> Query:
    since = chance.uniform(1, DAYS)
    return {f"{name}_after": _ago(since), f"{name}_before": _ago(since - 1)}


def _customer(chance: Random) -> str:
    return f"c{int(5_000 * chance.random() ** 2)}"


QUESTIONS: Mapping[str, Ask] = {
    "list": lambda _: {},
    "list, oldest first": lambda _: {"order": "oldest"},
    "status": lambda chance: {"status": chance.choice(("failed", "completed", "running"))},
    "status waiting": lambda _: {"status": "waiting"},
    "waiting approvals, oldest first": lambda _: {"status": "waiting", "order": "oldest"},
    "status, several": lambda _: {"status": "failed,running,waiting"},
    "pipeline": lambda chance: {"pipeline_id": pipeline_id(int(PIPELINES * chance.random() ** 3))},
    "tag": lambda chance: {"tags": chance.choice(("prod", "test", "incident", "none"))},
    "tags": lambda chance: {"tags": f"prod,team-{int(50 * chance.random() ** 2)}"},
    "metadata, one run": lambda chance: {
        "metadata": json.dumps({"ticket": f"A-{chance.randrange(RUNS)}"})
    },
    "metadata, many runs": lambda chance: {"metadata": json.dumps({"customer": _customer(chance)})},
    "created within a day": lambda chance: _window(chance, "created"),
    "ended within a day": lambda chance: _window(chance, "ended"),
    "who": lambda chance: {"requested_by": f"token-{chance.randrange(21)}"},
    "search, a common word": lambda chance: {"search": chance.choice(THEMES)},
    "search, the beginning of a word": lambda chance: {"search": chance.choice(THEMES)[:4]},
    "search, one run": lambda chance: {"search": f"A-{chance.randrange(RUNS)}"},
    "search, several words": lambda chance: {
        "search": f"{chance.choice(THEMES)} {_customer(chance)}"
    },
    "status, tag and who": lambda chance: {
        "status": "failed",
        "tags": f"team-{chance.randrange(50)}",
        "requested_by": f"token-{chance.randrange(20)}",
    },
    "waiting for me": lambda _: {"waiting_for_me": "true"},
    "waiting for me, oldest first": lambda _: {"waiting_for_me": "true", "order": "oldest"},
    "waiting for me, of a tag": lambda chance: {
        "waiting_for_me": "true",
        "tags": f"team-{chance.randrange(50)}",
    },
    "waiting, of a pipeline": lambda chance: {
        "status": "waiting",
        "pipeline_id": pipeline_id(int(PIPELINES * chance.random() ** 3)),
    },
}

# A day and 30 of them, by whole hours and not, by each that usage is told apart by.
SPANS: Mapping[str, float] = {"a day": 1, "30 days": 30}
GROUPINGS = (
    *("day", "pipeline", "agent", "model"),
    *("day,model", "agent,model", "day,agent,model"),
)


def _usage_questions() -> Mapping[str, Ask]:
    asked = {
        f"usage by {by}, {span}{', from any minute' if minute else ''}": _usage(by, days, minute)
        for span, days in SPANS.items()
        for by in GROUPINGS
        for minute in (False, True)
    }
    return asked | {
        "usage, as it is asked for": lambda _: {},
        "usage by day,pipeline, a day": _usage("day,pipeline", 1, minute=False),
        "usage by day,pipeline, 30 days": _usage("day,pipeline", 30, minute=False),
        "usage by all, a day": _usage("day,pipeline,agent,model", 1, minute=False),
    }


def _usage(by: str, days: float, minute: bool) -> Ask:
    def ask(chance: Random) -> Query:
        since = chance.uniform(days, DAYS)
        form = "%Y-%m-%dT%H:%M:%SZ" if minute else "%Y-%m-%dT%H:00:00Z"
        now = datetime.now(UTC)
        times = (now - timedelta(days=each) for each in (since, since - days))
        since_at, until_at = (f"{at:{form}}" for at in times)
        return {"group_by": by, "since": since_at, "until": until_at}

    return ask


def main() -> None:
    """Print what was measured. Exit code 1 where a bound was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.at_scale")
    parser.add_argument("folder", nargs="?", type=Path, help="where the database is, and stays")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--times", type=int, default=40, help="how often each question is asked")
    parser.add_argument("--usage", action="store_true", help="ask for usage alone")
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
    asked = [("/api/v1/runs", *each) for each in QUESTIONS.items() if not options.usage]
    asked += [("/api/v1/usage", *each) for each in _usage_questions().items()]
    async with started(nats_url, database_url) as service:
        for path, name, ask in asked:
            chance, took, rows = Random(3), list[float](), 0
            for _ in range(options.times):
                found, milliseconds = await _asked(service.http, path, ask(chance))
                took.append(milliseconds)
                rows = max(rows, found)
            took.sort()
            p95 = took[int(0.95 * (len(took) - 1))]
            is_missed |= p95 > MOST_P95_MS
            times_shown = (f"{each:.1f}" for each in (took[len(took) // 2], p95, took[-1]))
            table.add_row(name, str(rows), *times_shown)
    return table, is_missed


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
