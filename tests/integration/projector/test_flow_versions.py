"""Flow versions stand in Postgres before the facts that name them."""

from pathlib import Path

import asyncpg
import pytest

from services.projector.flow_versions import FlowVersions, restore_flow_versions
from shared.ledger.facts import flow_of
from shared.log import connect
from shared.log.memory import MemoryLog
from shared.log.provision import provision
from shared.run.facts import RunRequested
from shared.runtime.metrics import REGISTRY
from tests.contract.story import Story
from tests.integration.projector.desk import writer
from tests.integration.projector.histories import PARTITIONS, by_partition, entry
from tests.unit.cli.command import penstock

RUN = "019e0000-0000-7000-8000-000000000001"
OTHER = "019e0000-0000-7000-8000-000000000002"
BODY = b'{"nodes": [], "edges": []}'


def missing_flows() -> float:
    """How many were found nowhere so far."""
    return REGISTRY.get_sample_value("penstock_projector_flows_missing_total") or 0


def requested(run: str, version: str) -> RunRequested:
    return Story("acme", run).requested().model_copy(update={"flow": version})


async def test_a_flow_version_is_copied_with_the_first_run_that_names_it(
    connection: asyncpg.Connection,
) -> None:
    log = MemoryLog(partitions=PARTITIONS)
    await log.put_flow("of-one", BODY)
    desk = await writer(connection, log)
    await desk.write(by_partition([entry(requested(RUN, "of-one"), 1)]))
    assert await flow_of(connection, "of-one") == BODY
    await log.put_flow("of-one", b"never read again")
    await desk.write(by_partition([entry(requested(OTHER, "of-one"), 2)]))
    assert await flow_of(connection, "of-one") == BODY


async def test_one_that_is_nowhere_is_told_and_copied_once_it_is_there(
    connection: asyncpg.Connection,
) -> None:
    log, missing = MemoryLog(partitions=PARTITIONS), missing_flows()
    desk = await writer(connection, log)
    await desk.write(by_partition([entry(requested(RUN, "late"), 1)]))
    assert missing_flows() == missing + 1
    await log.put_flow("late", BODY)
    assert await FlowVersions(connection, log).copy_missing() == 1
    assert await flow_of(connection, "late") == BODY
    assert await FlowVersions(connection, log).copy_missing() == 0


async def test_all_are_given_to_a_log_that_is_empty(connection: asyncpg.Connection) -> None:
    log, empty = MemoryLog(partitions=PARTITIONS), MemoryLog(partitions=PARTITIONS)
    versions = [f"version-{n:03}" for n in range(120)]
    for version in versions:
        await log.put_flow(version, version.encode())
    assert await FlowVersions(connection, log).copy(versions) == len(versions)
    assert await restore_flow_versions(connection, empty) == len(versions)
    assert [await empty.get_flow(version) for version in versions] == [
        version.encode() for version in versions
    ]


@pytest.mark.parametrize("command", ["migrate"])
async def test_those_of_an_earlier_installation_are_copied_by(
    command: str, connection: asyncpg.Connection, nats_url: str, database_url: str, tmp_path: Path
) -> None:
    await provision(nats_url, partitions=PARTITIONS, pools=("local",))
    async with connect(nats_url, name="test") as log:
        desk = await writer(connection)
        await desk.write(by_partition([entry(requested(RUN, "of-before"), 1)]))
        await log.put_flow("of-before", BODY)
    urls = {"NATS_URL": nats_url, "DATABASE_URL": database_url}
    ended = await penstock(command, directory=tmp_path, environ=urls)
    assert (ended.code, ended.err) == (0, "")
    assert "copied 1 flow versions that runs name" in ended.out
    assert await flow_of(connection, "of-before") == BODY
