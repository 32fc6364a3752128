"""The system at one look, as a table."""

from __future__ import annotations

from penstock_client import System
from rich.table import Table

from cli.outcome import ExitCode
from cli.printing import console, put
from cli.session import Session

_MIB = 1 << 20


async def show_system(session: Session, *, as_json: bool) -> ExitCode:
    """Prints queues, workers, partitions, and in one line each what there is one of."""
    async with session.client() as client:
        system = await client.system()
    if as_json:
        put(system.model_dump_json())
        return ExitCode.DONE
    screen = console()
    for table in (_queues(system), _workers(system), _partitions(system), _stores(system)):
        screen.print(table)
    for line in _lines(system):
        put(line)
    return ExitCode.DONE


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left")
    return table


def _queues(system: System) -> Table:
    table = _table("queue", "waiting", "in hand", "oldest s")
    for each in system.queues:
        oldest = "" if each.oldest_seconds is None else f"{each.oldest_seconds:.1f}"
        name = f"{each.pool}.{each.queue}"
        table.add_row(name, str(each.waiting), str(each.in_progress), oldest)
    return table


def _workers(system: System) -> Table:
    pools = sorted({pool for each in system.workers for pool in each.pools})
    table = _table("worker", *pools)
    for each in system.workers:
        found = (each.pools.get(pool) for pool in pools)
        table.add_row(each.worker, *(f"{s.used}/{s.slots}" if s else "" for s in found))
    return table


def _partitions(system: System) -> Table:
    table = _table("partition", "scheduler", "waiting", "in hand", "to copy", "behind s")
    for each in system.partitions:
        numbers = (each.waiting, each.in_progress, each.behind_facts)
        behind = f"{each.behind_seconds:.2f}"
        table.add_row(str(each.partition), each.owner or "nobody", *map(str, numbers), behind)
    return table


def _stores(system: System) -> Table:
    table = _table("store", "MiB", "of", "full")
    for each in system.stores:
        size, limit = each.size_bytes / _MIB, each.limit_bytes
        of = ("no limit", "") if limit is None else (f"{limit / _MIB:,.0f}", f"{each.fullness:.0%}")
        table.add_row(each.store, f"{size:,.1f}", *of)
    return table


def _lines(system: System) -> list[str]:
    size, limit = system.log["size_bytes"], system.log["limit_bytes"]
    assert isinstance(size, int)
    of = f" of {limit / _MIB:,.0f}" if isinstance(limit, int) else ""
    readers = ", ".join(f"{name} {count}" for name, count in system.readers.items())
    return [
        "",
        f"runs living {system.runs['living']}",
        f"log {system.log['entries']} entries, {size / _MIB:,.1f}{of} MiB",
        readers.replace("_", " "),
        "  ".join(f"{name} {number}" for name, number in system.versions.items()),
    ]
