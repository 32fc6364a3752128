"""Row 11: from sending a cancel to the model's connection being closed, as the model saw it."""

from __future__ import annotations

from bench.cancelling import SILENT, STREAMING, UNANSWERED, CancelPlan, CancelReport, cancel_each
from bench.client import in_own_process
from bench.ground import Ground
from bench.measured import Findings, Measured, Target, percentile

CANCELS = 200
QUICK_CANCELS = 40
CLOSED = Target(floor=200, goal=50)


async def measure(ground: Ground) -> Findings:
    """Two hundred cancels of each kind. Raises: Unavailable."""
    found = Findings()
    cancels = CANCELS if ground.repeats > 1 else QUICK_CANCELS
    async with ground.stack() as stack:
        for number, point in enumerate((STREAMING, SILENT, UNANSWERED)):
            ground.say(f"{cancels} cancels of {point.name}")
            plan = CancelPlan(
                api=stack.api, model=stack.model, point=point, key=f"row-11-{number}", runs=cancels
            )
            report = (await in_own_process(cancel_each, plan)).result
            _tell(found, point.name, report)
    return found


def _tell(found: Findings, name: str, report: CancelReport) -> None:
    found.faults += report.faults
    if not report.closed:
        return
    for percent in (50, 99):
        found.measured.append(
            Measured(
                row=11,
                what=f"cancel to closed socket, {name}, p{percent}",
                unit="ms",
                values=(percentile(report.closed, percent),),
                target=CLOSED if percent == 99 else None,
            )
        )
    found.notes.append(
        f"{name}: {report.receipts} receipts of {len(report.closed)} cancels; cancel to answer "
        f"p50 {percentile(report.answered, 50):.1f} ms, p99 {percentile(report.answered, 99):.1f} "
        f"ms; order to abort p99 {percentile(report.aborted, 99):.2f} ms"
    )
