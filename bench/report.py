"""The table people read, and the file programs compare."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.machine import ROOT, machine, versions
from bench.measured import Cost, Findings, Measured, OverTime, Verdict

RESULTS = ROOT / "bench" / "results"
BUSY_CORES = 0.1
SHOWN: dict[Verdict, str] = {
    "goal": "[green]goal[/]",
    "floor": "[yellow]floor[/]",
    "missed": "[red]below floor[/]",
    "": "",
}


def show(findings: Findings, console: Console) -> None:
    """Prints the numbers, what they cost, and what to know about them."""
    console.print(_numbers(findings.measured))
    if findings.costs:
        console.print(_costs(findings.costs))
    for each in findings.over_time:
        console.print(_over_time(each))
    for note in findings.notes:
        console.print(f"  {note}", highlight=False)
    others = max((cost.other_cores for cost in findings.costs), default=0.0)
    if others > BUSY_CORES:
        console.print(
            f"  [yellow]up to {others:.1f} cores were busy with other programs: "
            "the numbers are lower than this machine's own[/]"
        )
    for fault in findings.faults:
        console.print(f"  [red]wrong:[/] {fault}", markup=True, highlight=False)


def write(findings: Findings, options: dict[str, object], path: Path | None) -> Path:
    """Writes everything, each single value too, as JSON; returns where."""
    now = datetime.now(UTC)
    where = path or RESULTS / f"{now:%Y%m%dT%H%M%SZ}.json"
    where.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "at": now.isoformat(),
        "machine": machine(),
        "versions": versions(),
        "options": options,
        **findings.as_json(),
    }
    where.write_text(json.dumps(told, indent=2, default=str) + "\n")
    return where


def _numbers(measured: Sequence[Measured]) -> Table:
    table = Table(title="Measured: median and spread", title_justify="left")
    table.add_column("row")
    table.add_column("what")
    for name in ("median", "from", "to", "floor", "goal"):
        table.add_column(name, justify="right")
    table.add_column("reached")
    for each in sorted(measured, key=lambda each: each.row):
        target = (each.target.floor, each.target.goal) if each.target else ()
        table.add_row(
            str(each.row),
            f"{each.what}, {each.unit}",
            *(_number(value) for value in (each.median, *each.spread, *target)),
            *([] if target else ["", ""]),
            SHOWN[each.verdict],
        )
    return table


def _costs(costs: Sequence[Cost]) -> Table:
    table = Table(title="CPU seconds per 1,000 runs", title_justify="left")
    table.add_column("part")
    for cost in costs:
        table.add_column(cost.what, justify="right")
    for part in sorted({part for cost in costs for part in cost.parts}):
        table.add_row(part, *(f"{cost.parts.get(part, 0):.2f}" for cost in costs))
    table.add_section()
    table.add_row("servers together", *(f"{cost.servers:.2f}" for cost in costs))
    table.add_row("client, apart", *(f"{cost.client:.2f}" for cost in costs))
    table.add_row("other programs, cores", *(f"{cost.other_cores:.2f}" for cost in costs))
    table.add_row("runs", *(f"{cost.runs:,}" for cost in costs))
    return table


def _over_time(told: OverTime) -> Table:
    table = Table(title=told.what, title_justify="left")
    for name in told.columns:
        table.add_column(name, justify="right")
    for line in told.lines:
        table.add_row(*(f"{value:,.0f}" for value in line))
    return table


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
