"""Who waits at the start for a NATS that does not let them in: so long, and then says why."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator

import pytest

from cli.up.port import LOOPBACK, free_port
from tests.deployment import IMAGE, Deployment, Machine, deployment
from tests.eventually import PATIENCE_SECONDS
from tests.servers import own_folder


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployment]:
    """NATS alone."""
    with own_folder() as folder, deployment(Machine(folder=folder, database_url="")) as made:
        made.start("nats")
        yield made


async def told(name: str, nats_url: str) -> str:
    """What a process says that may not wait; its exit code is that of one that has failed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", name),
        env={**IMAGE, "NATS_URL": nats_url, "PENSTOCK_WAIT_SECONDS": "0"},
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            said, warned = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 1
    return (said + warned).decode()


@pytest.mark.parametrize("name", ["migrate", "scheduler"])
async def test_who_finds_no_nats_ends_and_says_what_to_do(name: str) -> None:
    address = f"nats://{LOOPBACK}:{free_port()}"
    said = await told(name, address)
    assert f"at {address}, got" in said
    assert "Connect call failed" in said or "refused" in said
    assert "Start nats-server" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", ["migrate", "scheduler"])
async def test_who_has_the_wrong_password_ends_and_says_so(name: str, deployed: Deployment) -> None:
    address = deployed.machine.nats_url(name).replace("for-tests-only", "the-wrong-one")
    said = await told(name, address)
    assert "Authorization Violation" in said
    assert f"lets {name} in at nats://***@" in said
    assert "set NATS_URL" in said
    assert "the-wrong-one" not in said
