"""Backup, restore and recovery with the rights that `migrate` has in deploy/nats.conf."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.ledger.facts import flow_of
from shared.ledger.pool import opened
from shared.log import connect
from tests.contract.story import Story
from tests.deployment import Machine, deployment
from tests.servers import PostgresServer, own_folder
from tests.unit.cli.command import penstock

RUN = "019e0000-0000-7000-8000-000000000001"
BODY = b'{"edges":[],"nodes":[{"data":{"template":"x"},"id":"node-0","type":"template"}]}'


@contextmanager
def machine(database_url: str) -> Iterator[dict[str, str]]:
    """A machine with NATS alone; the environment of `migrate` on it."""
    with own_folder() as folder:
        made = Machine(folder=folder, database_url=database_url)
        with deployment(made) as deployed:
            deployed.start("nats")
            yield {"NATS_URL": made.nats_url("migrate"), "DATABASE_URL": database_url}


async def test_the_user_migrate_backs_up_restores_and_recovers(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    first, second = [await postgres_server.empty() for _ in range(2)]
    with machine(first) as old, machine(second) as new, machine(second) as emptied:
        await done("migrate", directory=tmp_path, environ=old)
        await finish_a_run(old["NATS_URL"])
        await done("rebuild", directory=tmp_path, environ=old)
        await done("backup", "saved", directory=tmp_path, environ=old)
        await done("restore", "saved", directory=tmp_path, environ=new)
        await done("migrate", directory=tmp_path, environ=new)
        assert "1 of 1 finished runs" in await done("rebuild", directory=tmp_path, environ=new)
        await done("migrate", directory=tmp_path, environ=emptied)
        said = await done("rebuild", "--new-log", directory=tmp_path, environ=emptied)
        assert "1 of 1 finished runs" in said
        async with connect(emptied["NATS_URL"], name="migrate") as log:
            assert await log.get_flow(Story("acme", RUN).requested().flow) == BODY
    async with opened(second) as connection:
        assert await flow_of(connection, Story("acme", RUN).requested().flow) == BODY
    for url in (first, second):
        await postgres_server.drop(url)


async def done(*arguments: str, directory: Path, environ: dict[str, str]) -> str:
    """What a command says that ends well."""
    ended = await penstock(*arguments, directory=directory, environ=environ)
    assert (ended.code, ended.err) == (0, ""), arguments
    return ended.out


async def finish_a_run(migrate_url: str) -> None:
    """A run in the log from its beginning to its end, written by those who may."""
    run = Story("acme", RUN)
    async with connect(migrate_url, name="migrate") as log:
        await log.put_flow(run.requested().flow, BODY)
    async with connect(migrate_url.replace("//migrate:", "//api:"), name="api") as log:
        await log.append(run.requested())
    url = migrate_url.replace("//migrate:", "//scheduler:")
    async with connect(url, name="scheduler") as log:
        await log.append(run.finished())
