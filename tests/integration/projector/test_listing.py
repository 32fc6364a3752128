"""Lists of runs by what they carry: tags, metadata, words, who asked, and times."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from services.projector.upserts import settle_waits
from shared.ledger.listing import START, Wanted, list_runs
from shared.ledger.runs import Cursor, get_run, living_by_status
from shared.run import facts as f
from tests.contract.story import Story
from tests.integration.projector.desk import write
from tests.integration.projector.histories import BEGAN, entry
from tests.integration.projector.test_ledger import ACME, numbers, project, run_id

CARRIED: tuple[dict[str, Any], ...] = (
    {"tags": ("prod", "team-a"), "metadata": {"ticket": "A-17"}, "requested_by": "ci"},
    {"tags": ("prod",), "metadata": {"ticket": "A-18", "size": 3}, "requested_by": "ann"},
    {"pipeline_name": "Weekly digest", "metadata": {"nested": {"deep": ["needle"]}}},
    {"tags": ("weekly",), "requested_by": "ci"},
)


@pytest.fixture
async def four_runs(connection: asyncpg.Connection) -> None:
    """1 to 4 of `acme`, a second apart, each with what it carries; 1 ended at 6, 2 at 7."""
    stories = [Story(ACME, run_id(n)) for n in range(1, 5)]
    requests: list[f.Lifecycle] = [
        story.requested().model_copy(update=carried)
        for story, carried in zip(stories, CARRIED, strict=True)
    ]
    other = Story("other", run_id(9)).requested().model_copy(update=CARRIED[0])
    await project(connection, *requests, other, stories[0].finished(), stories[1].finished())


def second(number: int) -> Any:
    return BEGAN + timedelta(seconds=number)


@pytest.mark.usefixtures("four_runs")
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"tags": ("prod",)}, [2, 1]),
        ({"tags": ("team-a", "prod")}, [1]),
        ({"tags": ("pro",)}, []),
        ({"metadata": {"ticket": "A-17"}}, [1]),
        ({"metadata": {"size": 3, "ticket": "A-18"}}, [2]),
        ({"metadata": {"size": "3"}}, []),
        ({"metadata": {"nested": {"deep": ["needle"]}}}, [3]),
        ({"search": "weekly"}, [4, 3]),
        ({"search": "Digest week"}, [3]),
        ({"search": "week digest"}, []),
        ({"search": "A-17"}, [1]),
        ({"search": "need"}, [3]),
        ({"search": "ticket"}, [2, 1]),
        ({"search": "':* & | !()"}, []),
        ({"requested_by": "ci"}, [4, 1]),
        ({"requested_by": "c"}, []),
        ({"created_after": second(1), "created_before": second(4)}, [3, 2]),
        ({"ended_after": second(6)}, [2]),
        ({"ended_before": second(7)}, [1]),
        ({"oldest_first": True}, [1, 2, 3, 4]),
        ({"oldest_first": True, "created_after": second(2)}, [3, 4]),
        ({"oldest_first": True, "tags": ("prod",), "requested_by": "ann"}, [2]),
        ({"statuses": frozenset({"completed", "pending"}), "oldest_first": True}, [1, 2, 3, 4]),
    ],
)
async def test_runs_are_found_by_what_they_carry(
    connection: asyncpg.Connection, asked: dict[str, Any], found: list[int]
) -> None:
    assert await numbers(connection, Wanted(workspace=ACME, **asked)) == found


@pytest.mark.usefixtures("four_runs")
@pytest.mark.parametrize("oldest_first", [False, True])
async def test_pages_go_on_where_the_last_one_ended(
    connection: asyncpg.Connection, oldest_first: bool
) -> None:
    wanted = Wanted(
        workspace=ACME,
        statuses=frozenset({"completed", "pending"}),
        oldest_first=oldest_first,
        created_before=second(4),
    )
    seen: list[str] = []
    cursor: Cursor = START
    while page := await list_runs(connection, wanted, cursor=cursor, limit=1):
        seen += [run.run for run in page]
        cursor = page[-1].cursor
    expected = [run_id(n) for n in (1, 2, 3)]
    assert seen == (expected if oldest_first else expected[::-1])


async def test_a_run_waits_and_waits_no_more_from_batch_to_batch(
    connection: asyncpg.Connection,
) -> None:
    story = Story(ACME, run_id(1))
    facts: tuple[f.Lifecycle, ...] = (
        story.requested(),
        story.started(),
        story.waiting(),
        story.decided(),
        story.cancel(),
    )
    waiting = Wanted(workspace=ACME, statuses=frozenset({"waiting"}))
    running = Wanted(workspace=ACME, statuses=frozenset({"running"}))
    batches = [[entry(fact, n)] for n, fact in enumerate(facts, 1)]
    shown = []
    for batch in batches:
        await write(connection, [batch])
        row = await get_run(connection, ACME, run_id(1))
        assert row is not None
        assert await numbers(connection, waiting) == ([1] if row.status == "waiting" else [])
        assert await numbers(connection, running) == ([1] if row.status == "running" else [])
        assert await living_by_status(connection) == {row.status: 1}
        shown.append(row.status)
    assert shown == ["pending", "running", "waiting", "waiting", "cancelling"]


async def test_what_an_earlier_version_left_unsaid_is_said_when_a_partition_is_taken_up(
    connection: asyncpg.Connection,
) -> None:
    story = Story(ACME, run_id(1))
    await project(connection, story.requested(), story.started(), story.waiting())
    await connection.execute("update runs set waits = false")
    await settle_waits(connection, [story.partition + 1])
    assert await living_by_status(connection) == {"running": 1}
    await settle_waits(connection, [story.partition])
    assert await living_by_status(connection) == {"waiting": 1}
