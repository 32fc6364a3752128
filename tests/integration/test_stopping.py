"""Services that are asked to stop while NATS is away end in good order."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process

import httpx2
import pytest

from cli.up.probe import answers
from shared.log.provision import provision
from shared.runtime.process import GRACE_SECONDS
from tests.cost import Stopwatch
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.servers import NatsServer

DRAIN_SECONDS = 1
SERVICES = ("api", "scheduler", "projector", "agent_worker")


async def begin(name: str, nats_url: str, database_url: str) -> Process:
    """One service, once it says that it has started and its NATS is there."""
    environ = {
        "PATH": os.environ["PATH"],
        "NATS_URL": nats_url,
        "DATABASE_URL": database_url,
        "PENSTOCK_MONITOR_PORT": "0",
        "PENSTOCK_DRAIN_SECONDS": f"{DRAIN_SECONDS}",
    }
    if name == "api":
        own = {"TOKEN": "a-token-for-tests-that-is-long-enough", "SECRET_KEY": "ab" * 32}
        environ |= {f"PENSTOCK_{key}": value for key, value in own.items()}
        environ["PENSTOCK_API_PORT"] = "0"
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"services.{name}", stderr=PIPE, env=environ
    )


async def records_until(process: Process, action: str) -> list[dict[str, str]]:
    """What it logs, up to an action or its end."""
    assert process.stderr is not None
    found: list[dict[str, str]] = []
    async for line in process.stderr:
        found.append(json.loads(line))
        if found[-1]["action"] == action:
            break
    return found


async def reasons(url: str) -> dict[str, str]:
    """What a service says is wrong."""
    async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as http:
        answer = await http.get(url)
    found: dict[str, str] = answer.json()["reasons"]
    assert (answer.status_code == 503) == bool(found)
    return found


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("how", ["dead", "frozen"])
@pytest.mark.parametrize("when", ["at once", "once it is known"])
async def test_a_service_stops_in_good_order_and_in_time_while_nats_is_away(
    own_nats_server: NatsServer, database_url: str, name: str, how: str, when: str
) -> None:
    await provision(own_nats_server.url, partitions=2, pools=("default", "local"))
    process = await begin(name, own_nats_server.url, database_url)
    async with asyncio.timeout(PATIENCE_SECONDS):
        started = await records_until(process, "service.started")
        await eventually(lambda: answers(f"{started[-1]['monitor']}/health/ready"))
        if how == "dead":
            own_nats_server.stop(signal.SIGKILL)
        else:
            own_nats_server.freeze()
        if when == "once it is known":
            await records_until(process, "dependency.lost")
            assert "log" in await reasons(f"{started[-1]['monitor']}/health/ready")
        process.send_signal(signal.SIGTERM)
        passing = Stopwatch()
        told = [each["action"] for each in await records_until(process, "service.stopped")]
        assert await process.wait() == 0
    # What it may take to finish, and as much again as it may take to give up.
    assert passing.elapsed() < DRAIN_SECONDS + 2 * GRACE_SECONDS
    assert told[-1] == "service.stopped"
    assert "service.failed" not in told
