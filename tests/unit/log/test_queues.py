"""Which queues there are, and which of them a run gets."""

import pytest

from shared.log.queues import (
    EVERY_QUEUE,
    LIMITED_QUEUES,
    MOST_LANES,
    MOST_LIMITED,
    batches_of,
    is_limited,
    lanes_of,
    named_in,
    names_of,
    priority_of,
    queue_for,
    queues_of,
)


def test_lane_0_is_called_as_the_only_queue_once_was() -> None:
    assert lanes_of(1) == ("shared",)
    assert lanes_of(3) == ("shared", "shared1", "shared2")
    assert queues_of(2) == ("shared", "shared1", "batch", "batch1")


def test_a_log_made_before_lanes_has_the_shared_queue_alone() -> None:
    assert queues_of(0) == ("shared",)
    assert {queue_for("acme", priority, 0) for priority in ("interactive", "batch")} == {"shared"}


@pytest.mark.parametrize("lanes", range(1, MOST_LANES + 1))
def test_workspaces_are_spread_over_all_lanes_and_keep_theirs(lanes: int) -> None:
    names = [f"workspace-{n}" for n in range(200)]
    chosen = {name: queue_for(name, "interactive", lanes) for name in names}
    assert set(chosen.values()) == set(lanes_of(lanes))
    assert chosen == {name: queue_for(name, "interactive", lanes) for name in names}


def test_a_workspaces_batch_runs_have_the_batch_queue_of_its_lane() -> None:
    for name in ("acme", "beta", "gamma"):
        lane = lanes_of(4).index(queue_for(name, "interactive", 4))
        assert batches_of(4).index(queue_for(name, "batch", 4)) == lane


def test_a_queues_name_tells_its_priority() -> None:
    assert {priority_of(queue) for queue in lanes_of(MOST_LANES)} == {"interactive"}
    assert {priority_of(queue) for queue in batches_of(MOST_LANES)} == {"batch"}
    assert len(set(EVERY_QUEUE)) == 2 * MOST_LANES + MOST_LIMITED


@pytest.mark.parametrize("queue", LIMITED_QUEUES)
def test_a_limited_workspaces_batch_runs_are_told_apart_in_its_one_queue(queue: str) -> None:
    batch = named_in(queue, "batch")
    assert names_of(queue) == (named_in(queue, "interactive"), batch) == (queue, batch)
    assert (priority_of(queue), priority_of(batch)) == ("interactive", "batch")
    assert is_limited(queue)
    assert not any(map(is_limited, queues_of(MOST_LANES)))
