"""Cancels of every kind on a running stack: `python -m tests.acceptance.cancels [RUNS]`.

Each kind of run is cancelled RUNS times, 200 unless said. Every one must answer with its receipts;
where a model was asked, its own log must say that its connection closed; nothing may be left:
no timer, no step that runs.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.cancelling import (
    ASKING,
    QUEUED,
    RETRYING,
    SILENT,
    STREAMING,
    UNANSWERED,
    CancelPlan,
    CancelReport,
    Point,
    begin,
    cancel_each,
)
from bench.connection import Api
from bench.measured import percentile
from tests.servers import connected
from tests.stack import RunningStack, running_stack

RUNS = 200
WORKERS = 2
SLOTS = 16
POINTS = (STREAMING, SILENT, UNANSWERED, RETRYING, ASKING, QUEUED)
SETTINGS = {"PENSTOCK_MODEL_SLOTS": str(SLOTS)}


def plan_of(stack: RunningStack, point: Point, runs: int, key: str) -> CancelPlan:
    """So many runs cancelled at this point; `key` tells them from all others."""
    found = stack.stack
    model = Api(stack.service("simulator")["monitor_url"] or "", "")
    return CancelPlan(
        api=Api(found["api_url"], found["token"]), model=model, point=point, key=key, runs=runs
    )


async def cancelled(stack: RunningStack, point: Point, runs: int, key: str) -> CancelReport:
    """What came of the cancels of one kind. Raises: AssertionError where it was not as it must."""
    if point is QUEUED:
        # Somebody else has every slot, for as long as the stack lasts.
        await begin(plan_of(stack, UNANSWERED, WORKERS * SLOTS, f"{key}-holding"))
    report = await cancel_each(plan_of(stack, point, runs, key))
    assert not report.faults, report.faults
    assert len(report.closed) == (runs if point.asks_model else 0)
    assert report.receipts == runs * point.receipts
    if point is QUEUED:
        assert await stack.calls(f"{key}-0.") == [], "nobody asked a model"
    return report


async def timers_left(stack: RunningStack) -> int:
    """How many timers stand."""
    client = await connected(stack.nats_url("migrate"), inbox="_INBOX_migrate")
    try:
        jetstream = client.jetstream()
        info = await jetstream.stream_info("TIMERS", subjects_filter="timer.>")
        return len(info.state.subjects or {})
    finally:
        await client.close()


async def _run_all(stack: RunningStack, runs: int) -> Table:
    table = Table("cancelled", "runs", "receipts", "answered p50", "p99 ms", "closed p50", "p99 ms")
    for number, point in enumerate(POINTS):
        report = await cancelled(stack, point, runs, f"kind-{number}")
        told = (point.name, str(runs), str(report.receipts))
        table.add_row(*told, *_percentiles(report.answered), *_percentiles(report.closed))
    assert await timers_left(stack) == 0, "every timer was purged"
    return table


def _percentiles(values: Sequence[float]) -> tuple[str, str]:
    if not values:
        return "", ""
    found = [percentile(list(values), percent) for percent in (50, 99)]
    return f"{found[0]:.1f}", f"{found[1]:.1f}"


def main() -> None:
    """Cancel on a stack of its own, and print how long it took."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with running_stack(workers=WORKERS, environment=SETTINGS) as stack:
        Console(width=110).print(asyncio.run(_run_all(stack, runs)))


if __name__ == "__main__":
    main()
