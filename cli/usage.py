"""What runs used and cost, as a table: the items that cost most, and all of it together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penstock_client.usage import UsageItem, UsageReport
from rich.text import Text

from cli.outcome import CommandError, ExitCode
from cli.printing import one_line, put, say
from cli.run_filter import time_of
from cli.session import Session
from cli.tables import Cell, Column, print_table, print_text
from cli.used import cost_at_a_glance, count_at_a_glance

_BY = ("day", "pipeline", "agent", "model")
_NONE = Text("–", style="dim")
_COUNTS = (
    Column("in", right=True),
    Column("out", right=True),
    Column("cached", right=True),
    Column("cost", right=True),
)


async def show_usage(
    session: Session,
    *,
    by: str,
    times: tuple[str | None, str | None],
    limit: int,
    as_json: bool,
) -> ExitCode:
    """Prints what runs used, by what is asked, and then all of it."""
    kinds = [each.strip() for each in by.split(",") if each.strip()]
    if not kinds or set(kinds) - set(_BY):
        raise CommandError(f"expected --by to be some of {', '.join(_BY)}, with commas, got {by!r}")
    since, until = time_of(times[0], "since"), time_of(times[1], "until")
    async with session.client() as client:
        report = await client.usage(by=kinds, limit=limit, since=since, until=until)
    if as_json:
        put(report.model_dump_json())
        return ExitCode.DONE
    if report.items:
        columns = [Column(each, flexible=each == "pipeline", shrinks=True) for each in kinds]
        rows = [_row(item, kinds) for item in report.items]
        print_table([*columns, *_COUNTS], [*rows, _whole(report, kinds)])
    else:
        say("No model was called in this time.")
    print_text(Text(f"{one_line(report.since)} to {one_line(report.until)}", style="dim"))
    if report.left_out:
        say(f"{report.left_out:,} more cost less, and are in the sum: --limit {limit * 5}")
    return ExitCode.DONE


def _row(item: UsageItem, kinds: Sequence[str]) -> list[Cell]:
    names = {
        "day": item.day,
        "pipeline": item.pipeline_name or item.pipeline_id,
        "agent": item.agent,
        "model": item.model,
    }
    named: list[Cell] = [one_line(names[kind] or "") or _NONE for kind in kinds]
    return named + _counts(item.usage, item.cost_usd)


def _whole(report: UsageReport, kinds: Sequence[str]) -> list[Cell]:
    counts = _counts(report.usage, report.cost_usd)
    cells = [Text("all"), *("" for _ in kinds[1:]), *counts]
    return [Text(str(cell), style="bold") for cell in cells]


def _counts(usage: Mapping[str, object], cost_usd: str | None) -> list[Cell]:
    names = ("input_tokens", "output_tokens", "cache_read_tokens")
    counts = (_count(usage, name) for name in names)
    cost = cost_at_a_glance(cost_usd, usage)
    return [*map(count_at_a_glance, counts), cost]


def _count(usage: Mapping[str, object], name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) else 0
