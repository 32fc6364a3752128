"""Two workspaces on one stack, one with much more to do than workers can take."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.log.queues import queue_for
from tests.acceptance.fairness import A, caller_of, delay_of, fill, other_of
from tests.stack import RunningStack, running_stack

LANES, STEPS = 2, 600
SETTINGS = {"PENSTOCK_LANES": str(LANES), "PENSTOCK_MODEL_SLOTS": "2"}


@pytest.fixture(scope="module")
def lanes() -> Iterator[RunningStack]:
    """A stack with two lanes and few slots."""
    with running_stack(workers=1, environment=SETTINGS) as stack:
        yield stack


async def waiting(stack: RunningStack) -> int:
    """How many steps wait in A's lane."""
    lane = queue_for(A, "interactive", LANES)
    async with stack.http() as http:
        system = (await http.get("admin/system")).raise_for_status().json()
    return sum(each["waiting"] for each in system["queues"] if each["queue"] == lane)


async def test_a_run_does_not_wait_for_all_that_another_workspace_has_queued(
    lanes: RunningStack,
) -> None:
    other = other_of(LANES)
    assert other != A
    async with await caller_of(lanes, other) as http:
        await fill(lanes, STEPS)
        await delay_of(http)
        assert await waiting(lanes) > STEPS / 2
