"""Reading runs from Postgres: pages, filters, statuses, and one workspace at a time."""

from datetime import timedelta

import asyncpg
import pytest

from shared.ledger.facts import select_facts
from shared.ledger.listing import START, IdRange, Wanted, list_runs
from shared.ledger.runs import get_run
from shared.ledger.steps import attempts_of, steps_of
from shared.ledger.unfinished import Moved, unfinished_runs
from shared.run import facts as f
from shared.run.status import RunStatus
from tests.contract.story import Story
from tests.integration.projector.desk import write
from tests.integration.projector.histories import BEGAN, entry

ACME = "acme"
COMPLETED: frozenset[RunStatus] = frozenset({"completed"})
PENDING: frozenset[RunStatus] = frozenset({"pending"})


def run_id(number: int) -> str:
    return f"019e0000-0000-7000-8000-{number:012d}"


async def project(connection: asyncpg.Connection, *facts: f.Lifecycle) -> None:
    """The facts, each a second later than the one before."""
    await write(connection, [[entry(fact, n) for n, fact in enumerate(facts, 1)]])


@pytest.fixture
async def five_runs(connection: asyncpg.Connection) -> None:
    """1 to 5 of `acme`, requested in that order, 2 and 4 of pipeline p; 9 of `other`."""
    stories = [Story("acme", run_id(n)) for n in range(1, 6)]
    requests: list[f.Lifecycle] = [
        story.requested().model_copy(update={"pipeline_id": "p" if n in (2, 4) else None})
        for n, story in enumerate(stories, 1)
    ]
    ends: list[f.Lifecycle] = [
        stories[0].finished(),
        stories[1].started(),
        stories[1].finished(),
    ]
    await project(connection, *requests, *ends, Story("other", run_id(9)).requested())


async def numbers(connection: asyncpg.Connection, wanted: Wanted) -> list[int]:
    return [int(run.run[-12:]) for run in await list_runs(connection, wanted)]


@pytest.mark.usefixtures("five_runs")
async def test_runs_are_listed_newest_first_in_pages_without_gap_or_repetition(
    connection: asyncpg.Connection,
) -> None:
    seen: list[str] = []
    cursor, wanted = START, Wanted(workspace="acme")
    while page := await list_runs(connection, wanted, cursor=cursor, limit=2):
        seen += [run.run for run in page]
        cursor = page[-1].cursor
    assert seen == [run_id(n) for n in (5, 4, 3, 2, 1)]


@pytest.mark.usefixtures("five_runs")
async def test_lists_are_filtered_by_all_that_is_asked(connection: asyncpg.Connection) -> None:
    assert await numbers(connection, Wanted(workspace=ACME, statuses=COMPLETED)) == [2, 1]
    assert await numbers(connection, Wanted(workspace=ACME, statuses=PENDING)) == [5, 4, 3]
    either = COMPLETED | PENDING
    assert await numbers(connection, Wanted(workspace=ACME, statuses=either)) == [5, 4, 3, 2, 1]
    assert await numbers(connection, Wanted(workspace=ACME, pipeline_id="p")) == [4, 2]
    pending = Wanted(workspace=ACME, pipeline_id="p", statuses=PENDING)
    assert await numbers(connection, pending) == [4]
    late = BEGAN + timedelta(seconds=3)
    assert await numbers(connection, Wanted(workspace=ACME, created_after=late)) == [5, 4]
    for prefix, found in (("019e", [5, 4, 3, 2, 1]), (run_id(3), [3]), ("019f", [])):
        wanted = Wanted(workspace=ACME, ids=IdRange.beginning(prefix))
        assert await numbers(connection, wanted) == found
    assert await numbers(connection, Wanted(workspace=None)) == [9, 5, 4, 3, 2, 1]
    every = Moved({0: 0}, timedelta(days=10_000))
    left = await unfinished_runs(connection, every, after=run_id(3))
    assert [run.address.run for run in left] == [run_id(n) for n in (4, 5, 9)]


@pytest.mark.usefixtures("five_runs")
async def test_another_workspace_s_run_is_not_there(connection: asyncpg.Connection) -> None:
    assert await get_run(connection, "acme", run_id(9)) is None
    assert await steps_of(connection, "other", run_id(1)) == []
    assert await attempts_of(connection, "other", run_id(1)) == []
    assert await select_facts(connection, "other", run_id(1), ["requested"]) == ()
    (requested,) = await select_facts(connection, "acme", run_id(1), ["requested", "started"])
    assert (requested.rest, requested.address.run) == ("requested", run_id(1))


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ([], "running"),
        ([Story.ready], "running"),
        ([Story.waiting], "waiting"),
        ([Story.waiting, lambda s: s.ready(step=1)], "running"),
        ([Story.waiting, lambda s: s.ready(step=1), lambda s: s.completed(step=1)], "waiting"),
        ([Story.waiting, Story.decided, Story.completed], "running"),
        ([Story.waiting, Story.cancel], "cancelling"),
        ([Story.waiting, Story.cancel, Story.stopping], "cancelling"),
        ([Story.failed, Story.retry], "running"),
    ],
)
async def test_a_run_waits_when_only_a_person_is_asked(
    connection: asyncpg.Connection, facts: list[object], status: RunStatus
) -> None:
    story = Story("acme", run_id(1))
    told = [each(story) for each in facts if callable(each)]
    await project(connection, story.requested(), story.started(), *told)
    row = await get_run(connection, "acme", run_id(1))
    assert row is not None
    assert row.status == status
    every: tuple[RunStatus, ...] = ("running", "waiting", "cancelling")
    for asked in every:
        found = await numbers(connection, Wanted(workspace="acme", statuses=frozenset({asked})))
        assert found == ([1] if asked == status else [])


async def test_steps_without_an_outcome_are_cancelled_with_their_run(
    connection: asyncpg.Connection,
) -> None:
    story = Story("acme", run_id(1))
    facts: list[f.Lifecycle] = [
        story.requested(),
        story.started(),
        story.ready(0),
        story.completed(0, text="done"),
        story.failed(1),
        story.retry(1),
        story.ready(2),
        story.step_started(2),
        story.skipped(3),
    ]
    await project(connection, *facts, story.finished())
    steps = await steps_of(connection, "acme", run_id(1))
    assert [step.status for step in steps] == ["completed", "cancelled", "cancelled", "skipped"]
    attempts = await attempts_of(connection, "acme", run_id(1))
    assert [(a.step, a.outcome, a.executions) for a in attempts] == [
        (0, "completed", 0),
        (1, "failed", 0),
        (2, None, 1),
    ]
    (second,) = await attempts_of(connection, "acme", run_id(1), step=1)
    assert second.error is not None
    assert second.error["code"] == "overloaded"
