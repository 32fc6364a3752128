"""Queues of limited workspaces, from a limit that is set to a name that is given away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.projector.projector import Projector
from services.provisioner.provisioner import Provisioner
from services.provisioner.table import Row, Table
from shared.ledger.pool import opened
from shared.log import connect
from shared.log.jetstream import JetStreamLog
from shared.log.provision import provision
from shared.log.queues import LIMITED_QUEUES
from shared.log.work_consumers import WorkConsumer, WorkConsumers, work_consumers
from shared.run import facts as f
from shared.run.content import Limits
from shared.runtime.monitor import Health
from tests.eventually import eventually

PARTITIONS, POOLS = 2, ("default", "local")
WORKSPACE = "acme"


class World:
    """A log, a database with the workspace, and what provisioners see of both."""

    def __init__(
        self, database_url: str, connection: asyncpg.Connection, log: JetStreamLog
    ) -> None:
        self.database_url = database_url
        self.connection = connection
        self.log = log
        self.consumers: WorkConsumers

    async def limit(self, steps: str | None, workspace: str = WORKSPACE) -> None:
        """Set the limit, as JSON, as the api does."""
        await self.connection.execute(
            "insert into workspace_limits (workspace, steps_in_flight) values ($1, $2) "
            "on conflict (workspace) do update set steps_in_flight = $2",
            workspace,
            steps,
        )
        self.log.limited.wake()

    async def rows(self) -> list[Row]:
        return await Table(self.connection, 0).rows()

    async def is_in_force(self, limits: dict[str, int]) -> bool:
        rows = await self.rows()
        return len(rows) == 1 and rows[0].is_ready and rows[0].limits == limits

    async def found(self) -> dict[tuple[str, str], WorkConsumer]:
        return await self.consumers.found()

    async def ask_for_run(self, queue: str) -> f.RunRequested:
        fact = f.RunRequested(
            workspace=WORKSPACE,
            run=str(uuid4()),
            partition=0,
            flow="0" * 64,
            input="hello",
            input_sha256="0" * 64,
            input_size_bytes=5,
            limits=Limits(),
            queue=queue,
        )
        await self.log.append(fact)
        return fact

    @contextmanager
    def provisioning(self, left_seconds: float = 0) -> Iterator[None]:
        """A provisioner works."""
        provisioner = Provisioner(self.consumers, self.database_url, Health(), left_seconds)
        task = asyncio.create_task(provisioner.run())
        try:
            yield
        finally:
            task.cancel()

    @contextmanager
    def projecting(self) -> Iterator[None]:
        """A projector works."""
        task = asyncio.create_task(Projector(self.log, self.database_url, Health()).run())
        try:
            yield
        finally:
            task.cancel()


@pytest.fixture
async def world(nats_url: str, database_url: str) -> AsyncIterator[World]:
    await provision(nats_url, partitions=PARTITIONS, pools=POOLS)
    async with (
        opened(database_url) as connection,
        connect(nats_url, name="test") as log,
        work_consumers(nats_url, POOLS) as consumers,
    ):
        made = World(database_url, connection, log)
        made.consumers = consumers
        for slug in (WORKSPACE, "beta"):
            await connection.execute("insert into workspaces (slug, name) values ($1, $1)", slug)
        yield made


def config_but_limit(consumer: WorkConsumer) -> dict[str, Any]:
    return {name: each for name, each in consumer.config.items() if name != "max_ack_pending"}


async def test_a_limit_gets_a_queue_with_a_consumer_a_pool_that_workers_are_told_of(
    world: World,
) -> None:
    with world.provisioning():
        await world.limit('{"default": 3}')
        await eventually(lambda: world.is_in_force({"default": 3}))
    found = await world.found()
    assert {name: each.most for name, each in found.items()} == {
        ("default", "limited"): 3,
        ("local", "limited"): None,
    }
    assert await world.log.limited.served() == ("limited",)
    async with world.log.work("default", "limited"):
        pass


async def test_a_changed_limit_changes_that_of_the_consumer_and_nothing_else(
    world: World,
) -> None:
    with world.provisioning():
        await world.limit('{"default": 3}')
        await eventually(lambda: world.is_in_force({"default": 3}))
        before = await world.found()
        await world.limit('{"default": 5, "local": 1}')
        await eventually(lambda: world.is_in_force({"default": 5, "local": 1}))
    after = await world.found()
    assert {pool: each.most for (pool, _), each in after.items()} == {"default": 5, "local": 1}
    for name, consumer in before.items():
        assert config_but_limit(after[name]) == config_but_limit(consumer)


async def test_a_queue_is_given_away_only_when_no_unfinished_run_names_it(world: World) -> None:
    with world.provisioning(), world.projecting():
        await world.limit('{"default": 3}')
        await eventually(lambda: world.is_in_force({"default": 3}))
        run = await world.ask_for_run("batch-limited")
        await world.limit(None)
        await eventually(lambda: world.is_in_force({}))
        await eventually(lambda: is_copied(world, run))
        assert {each.most for each in (await world.found()).values()} == {None}
        await world.limit('{"default": 2}', "beta")
        await eventually(lambda: has_queue(world, "beta", "limited1"))
        (mine, _) = await world.rows()
        assert (mine.queue, mine.workspace, mine.is_left) == ("limited", WORKSPACE, True)
        await world.log.append(
            f.RunCancelled(workspace=WORKSPACE, run=run.run, partition=run.partition)
        )
        await eventually(lambda: is_alone(world, "limited1"))


async def test_a_limit_that_is_set_again_has_the_queue_that_was_left(world: World) -> None:
    with world.provisioning(left_seconds=3600):
        await world.limit('{"default": 3}')
        await eventually(lambda: world.is_in_force({"default": 3}))
        await world.limit(None)
        await eventually(lambda: world.is_in_force({}))
        await world.limit('{"default": 4}')
        await eventually(lambda: world.is_in_force({"default": 4}))
        (row,) = await world.rows()
        assert (row.queue, row.is_leaving) == ("limited", False)


async def is_copied(world: World, run: f.RunRequested) -> bool:
    return bool(await world.connection.fetchval("select 1 from runs where run_id = $1", run.run))


async def has_queue(world: World, workspace: str, queue: str) -> bool:
    return any(
        (row.workspace, row.queue, row.is_ready) == (workspace, queue, True)
        for row in await world.rows()
    )


async def is_alone(world: World, queue: str) -> bool:
    """All that is left, in the table, in the list and on NATS."""
    listed, rows = await world.log.limited.served(), await world.rows()
    found = {name for _, name in await world.found()}
    return listed == (queue,) and [row.queue for row in rows] == [queue] and found == {queue}


async def test_a_queue_that_was_not_copied_yet_is_not_given_away(world: World) -> None:
    with world.provisioning():
        await world.limit('{"default": 3}')
        await eventually(lambda: world.is_in_force({"default": 3}))
        await world.ask_for_run("limited")
        await world.limit(None)
        await world.limit('{"default": 1}', "beta")
        await eventually(lambda: has_queue(world, "beta", "limited1"))
        assert [row.queue for row in await world.rows()] == ["limited", "limited1"]


async def test_several_provisioners_do_it_once(world: World) -> None:
    with world.provisioning(), world.provisioning():
        await world.limit('{"default": 3}')
        await world.limit('{"default": 3}', "beta")
        await eventually(lambda: has_queue(world, "beta", "limited1"))
        assert [row.workspace for row in await world.rows()] == [WORKSPACE, "beta"]


async def test_without_a_queue_that_is_left_a_limit_waits_for_one(world: World) -> None:
    for queue in LIMITED_QUEUES:
        await world.connection.execute(
            "insert into work_queues (queue, workspace, after_sequence) values ($1, $1, 0)", queue
        )
    with world.provisioning():
        await world.limit('{"default": 3}')
        # The others are of workspaces that are not limited: they are left, one after the other.
        await eventually(lambda: world.is_in_force({"default": 3}))
