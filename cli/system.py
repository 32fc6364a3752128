"""The system at one look, as tables."""

from __future__ import annotations

from penstock_client import System
from penstock_client.results import Partition, Store
from rich.text import Text

from cli.outcome import ExitCode
from cli.printing import one_line, put, say
from cli.session import Session
from cli.tables import Cell, Column, print_table, print_text, short_number
from cli.times import duration
from cli.workers import missing_workers

_MIB = 1 << 20
_SERVERS = ("nats", "postgres")
_BEHIND_SECONDS = 10.0
_NEARLY_FULL, _FILLING = 0.85, 0.7
_NOTHING = Text("–", style="dim")


async def show_system(session: Session, *, as_json: bool) -> ExitCode:
    """Prints in one line each what there is one of, then queues, workers, partitions, stores."""
    async with session.client() as client:
        system = await client.system()
    if as_json:
        put(system.model_dump_json())
        return ExitCode.DONE
    _print_lines(system)
    for columns, rows in (
        (_QUEUES, _queues(system)),
        (_worker_columns(system), _workers(system)),
        (_PARTITIONS, [_partition(each) for each in system.partitions]),
        (_STORES, [_store(each) for each in system.stores]),
    ):
        if rows:
            put("")
            print_table(columns, rows)
    if word := missing_workers(system):
        put("")
        say(word)
    return ExitCode.DONE


def _print_lines(system: System) -> None:
    size, limit = system.log["size_bytes"], system.log["limit_bytes"]
    assert isinstance(size, int)
    of = f" of {limit / _MIB:,.0f}" if isinstance(limit, int) else ""
    by_status = system.runs.get("by_status")
    counts = by_status.items() if isinstance(by_status, dict) else ()
    kinds = ", ".join(f"{number} {status}" for status, number in counts)
    servers = [each for each in system.versions.items() if each[0] in _SERVERS]
    ours = [each for each in system.versions.items() if each[0] not in _SERVERS]
    readers = ", ".join(f"{number} {name}" for name, number in system.readers.items())
    for name, told in (
        ("runs living", f"{system.runs['living']}" + (f": {kinds}" if kinds else "")),
        ("log", f"{system.log['entries']} entries, {size / _MIB:,.1f}{of} MiB"),
        ("readers", readers.replace("_", " ")),
        ("versions", ", ".join(f"{name} {number}" for name, number in ours)),
        ("servers", ", ".join(f"{name} {number}" for name, number in servers)),
    ):
        if told:
            print_text(Text(f"{name:<13}", style="dim") + Text(one_line(told)))


_QUEUES = (
    Column("queue"),
    Column("waiting", right=True),
    Column("at work", right=True),
    Column("oldest waits", right=True),
    Column("", flexible=True),
)


SHARED = "shared"
"""The queue that every pool has; shown also when nothing is in it."""


def _queues(system: System) -> list[list[Cell]]:
    served = {pool for worker in system.workers for pool in worker.pools}
    rows: list[list[Cell]] = []
    for each in system.queues:
        if each.queue != SHARED and not (each.waiting or each.in_progress):
            continue  # there may be many lanes, most of them empty
        oldest = "" if each.oldest_seconds is None else duration(each.oldest_seconds)
        alone = Text("" if each.pool in served else "no worker", style="bold red")
        counts = (short_number(each.waiting), short_number(each.in_progress))
        rows.append([f"{each.pool}.{each.queue}", *counts, oldest, alone])
    return rows


def _worker_columns(system: System) -> list[Column]:
    return [Column("worker"), *(Column(pool, right=True) for pool in _pools(system))]


def _pools(system: System) -> list[str]:
    return sorted({pool for each in system.workers for pool in each.pools})


def _workers(system: System) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for each in system.workers:
        found = (each.pools.get(pool) for pool in _pools(system))
        rows.append([each.worker, *(f"{s.used}/{s.slots}" if s else _NOTHING for s in found)])
    return rows


_PARTITIONS = (
    Column("partition", right=True),
    Column("waiting", right=True),
    Column("at work", right=True),
    Column("to copy", right=True),
    Column("behind", right=True),
    Column("scheduler", flexible=True),
)


def _partition(each: Partition) -> list[Cell]:
    late = "yellow" if each.behind_seconds >= _BEHIND_SECONDS else ""
    owner = Text(one_line(each.owner)) if each.owner else Text("nobody", style="bold red")
    return [
        str(each.partition),
        *(short_number(n) for n in (each.waiting, each.in_progress, each.behind_facts)),
        Text(duration(each.behind_seconds), style=late),
        owner,
    ]


_STORES = (
    Column("store"),
    Column("MiB", right=True),
    Column("of", right=True),
    Column("full", right=True),
)


def _store(each: Store) -> list[Cell]:
    size = f"{each.size_bytes / _MIB:,.1f}"
    if each.limit_bytes is None:
        return [each.store, size, "no limit", ""]
    full = each.fullness
    style = "bold red" if full >= _NEARLY_FULL else "yellow" if full >= _FILLING else ""
    return [each.store, size, f"{each.limit_bytes / _MIB:,.0f}", Text(f"{full:.0%}", style=style)]
