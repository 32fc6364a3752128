"""Whom runs wait for: written down from batch to batch, and found again by a list."""

from __future__ import annotations

import json

import asyncpg
import pytest

from services.projector.flow_versions import approvers_in, fill_in_approvers
from services.projector.upserts import settle_waits
from shared.ledger.listing import START, Wanted, list_runs
from shared.ledger.runs import Cursor
from shared.run import facts as f
from tests.contract.story import Story
from tests.integration.projector.desk import write
from tests.integration.projector.histories import entry
from tests.integration.projector.test_ledger import ACME, numbers, project, run_id

NODE = "node-0"


def flow(*approvers: str) -> bytes:
    data = {"approvers": list(approvers)} if approvers else {}
    return json.dumps({"nodes": [{"id": NODE, "type": "approval", "data": data}]}).encode()


async def keep(connection: asyncpg.Connection, *approvers: str, read: bool = True) -> None:
    """The flow that all runs here are of, as the projector or an earlier version copied it."""
    body = flow(*approvers)
    await connection.execute(
        "insert into flow_versions (version, body, approvers) values ($1, $2, $3)",
        "0" * 64,
        body,
        approvers_in(body) if read else None,
    )


def waits_for(*names: str, workspace: str = ACME, oldest_first: bool = False) -> Wanted:
    return Wanted(workspace=workspace, deciders=names, oldest_first=oldest_first)


async def test_a_question_is_for_those_its_node_names_until_it_is_decided(
    connection: asyncpg.Connection,
) -> None:
    await keep(connection, "Ada@Example.org", "admin")
    story = Story(ACME, run_id(1))
    asked = (story.requested(), story.started(), story.waiting())
    facts: tuple[f.Lifecycle, ...] = (*asked, story.decided())
    found = []
    for number, fact in enumerate(facts, 1):
        await write(connection, [[entry(fact, number)]])
        found.append(await numbers(connection, waits_for("ada@example.org")))
        assert await numbers(connection, waits_for("admin", "ada@example.org")) == found[-1]
        assert await numbers(connection, waits_for("member")) == []
        assert await numbers(connection, waits_for("admin", workspace="other")) == []
    assert found == [[], [], [1], []]


async def test_a_question_that_names_nobody_is_for_every_member(
    connection: asyncpg.Connection,
) -> None:
    await keep(connection)
    story = Story(ACME, run_id(1))
    await project(connection, story.requested(), story.started(), story.waiting())
    assert await numbers(connection, waits_for("member", "admin")) == [1]
    assert await numbers(connection, waits_for("admin")) == []
    assert await numbers(connection, waits_for()) == []


@pytest.mark.parametrize("end", ["cancel", "finished"])
async def test_a_run_that_stops_or_is_over_waits_for_nobody(
    connection: asyncpg.Connection, end: str
) -> None:
    story = Story(ACME, run_id(1))
    over = story.cancel() if end == "cancel" else story.finished()
    facts: tuple[f.Lifecycle, ...] = (story.requested(), story.started(), story.waiting(), over)
    for number, fact in enumerate(facts, 1):
        await write(connection, [[entry(fact, number)]])
    assert await connection.fetch("select * from deciders") == []


async def test_what_an_earlier_version_left_unsaid_is_said_when_a_partition_is_taken_up(
    connection: asyncpg.Connection,
) -> None:
    await keep(connection, "admin", read=False)
    story = Story(ACME, run_id(1))
    await project(connection, story.requested(), story.started(), story.waiting())
    await connection.execute("delete from deciders")
    await fill_in_approvers(connection)
    await settle_waits(connection, [story.partition + 1])
    assert await numbers(connection, waits_for("admin", "member")) == []
    await settle_waits(connection, [story.partition])
    assert await numbers(connection, waits_for("admin")) == [1]
    assert await numbers(connection, waits_for("member")) == []


@pytest.mark.parametrize("oldest_first", [False, True])
async def test_pages_go_on_where_the_last_one_ended_and_name_each_run_once(
    connection: asyncpg.Connection, oldest_first: bool
) -> None:
    await keep(connection, "admin", "ada@example.org")
    stories = [Story(ACME, run_id(number)) for number in range(1, 5)]
    facts: list[f.Lifecycle] = []
    for each in stories:
        facts += (each.requested(), each.started(), each.waiting())
    await project(connection, *facts)
    wanted = waits_for("admin", "ada@example.org", oldest_first=oldest_first)
    seen: list[str] = []
    cursor: Cursor = START
    while page := await list_runs(connection, wanted, cursor=cursor, limit=2):
        seen += [run.run for run in page]
        cursor = page[-1].cursor
    expected = [run_id(number) for number in range(1, 5)]
    assert seen == (expected if oldest_first else expected[::-1])


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (flow(), {}),
        (flow("Ada@Example.org", "member"), {NODE: ["ada@example.org", "member"]}),
        (b'{"nodes": [{"id": "x", "data": null}, {"id": "approvers"}]}', {}),
        (b'{"nodes": [{"id": "x", "data": {"approvers": null}}]}', {}),
    ],
)
def test_who_may_decide_is_read_from_the_flow(body: bytes, found: dict[str, list[str]]) -> None:
    assert json.loads(approvers_in(body)) == found
