"""A cancel at every point a run may have come to, on a running stack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.cancelling import Point
from shared.run.owed import STOP_GRACE_SECONDS
from tests.acceptance.cancels import POINTS, SETTINGS, WORKERS, cancelled, timers_left
from tests.eventually import eventually
from tests.stack import RunningStack, running_stack

RUNS = 20


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    """A stack with few slots."""
    with running_stack(workers=WORKERS, environment=SETTINGS) as running:
        yield running


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name.replace(" ", "_"))
async def test_a_cancel_ends_the_run_at_once_and_leaves_nothing(
    stack: RunningStack, point: Point
) -> None:
    report = await cancelled(stack, point, RUNS, f"point-{POINTS.index(point)}")
    assert max(report.answered) < 1_000 * STOP_GRACE_SECONDS, "a stopping run ends then in any case"

    async def is_clear() -> bool:
        return await timers_left(stack) == 0

    await eventually(is_clear)
