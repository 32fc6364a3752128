"""`python -m bench`: measures the rows asked for.

Exit codes: 0 measured, 1 it could not or outputs were wrong, 2 bad arguments, 130 interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console

from bench import report
from bench.ground import Ground
from bench.measured import Findings
from bench.rows import MEASUREMENTS, ROWS
from shared.errors import PenstockError


def main() -> None:
    """Raises: SystemExit."""
    options = _options()
    ground = Ground(
        seconds=options.seconds,
        workers=options.workers,
        short_runs=options.runs,
        graph=options.graph,
    )
    if options.quick:
        ground = replace(ground, seconds=3.0, runs=50, repeats=1, short_runs=1_000)
    try:
        findings = asyncio.run(_measured(ground, options.rows))
    except PenstockError as error:
        sys.stderr.write(f"bench: {error}\n")
        raise SystemExit(1) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise SystemExit(130) from None
    console = Console(width=None if sys.stdout.isatty() else 110)
    report.show(findings, console)
    where = report.write(findings, {"rows": options.rows, **asdict(ground)}, options.json)
    console.print(f"\n  written to {where}", highlight=False, soft_wrap=True)
    raise SystemExit(1 if findings.faults else 0)


async def _measured(ground: Ground, rows: Iterable[int]) -> Findings:
    task = asyncio.current_task()
    assert task is not None
    # Without this, SIGTERM would leave the stack behind.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    findings = Findings()
    for measurement in MEASUREMENTS:
        if not set(rows).isdisjoint(measurement.rows):
            ground.say("rows " + ", ".join(str(row) for row in measurement.rows))
            findings.add(await measurement.measure(ground))
    return findings


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures Penstock on this machine, against stacks it starts itself.",
        epilog="A sustained measurement is --seconds 120. Floors and goals are for two cores.",
    )
    known = ",".join(str(row) for row in ROWS)
    parser.add_argument("--rows", type=_rows, default=ROWS, help=f"which (default: {known})")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long each load is held")
    parser.add_argument("--workers", type=int, default=2, help="how many agent workers")
    parser.add_argument("--runs", type=int, default=5_000, help="rows 13, 17: how many")
    parser.add_argument("--graph", type=Path, help="row 14: a React Flow file in place of ours")
    parser.add_argument("--quick", action="store_true", help="a glance: 3 s a load, 50 runs alone")
    parser.add_argument("--json", type=Path, help="where to write (default: bench/results/)")
    return parser.parse_args()


def _rows(text: str) -> tuple[int, ...]:
    try:
        rows = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected numbers like 1,2,5, came {text!r}") from None
    if unknown := sorted(set(rows) - set(ROWS)):
        raise argparse.ArgumentTypeError(f"row {unknown[0]} is not measured; known are {ROWS}")
    return rows


if __name__ == "__main__":
    main()
