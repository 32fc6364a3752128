"""A projector to which nothing comes though facts wait: it says so, and begins anew."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from nats.aio.client import Client

from services.projector.__main__ import serve
from shared.ledger.facts import positions
from shared.runtime.metrics import REGISTRY
from shared.runtime.monitor import Health
from shared.runtime.settings import load
from tests.contract.story import Story
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.projector.test_service import append, provisioned
from tests.servers import connected

RUN = "019e0000-0000-7000-8000-000000000001"
LONG = timedelta(hours=1)
OTHERS = ("scheduler-", "work-")


async def ask(client: Client, subject: str, **body: object) -> dict[str, object]:
    message = await client.request(
        f"$JS.API.CONSUMER.{subject}", json.dumps(body).encode(), timeout=PATIENCE_SECONDS
    )
    answer: dict[str, object] = json.loads(message.data)
    return answer


async def replays(client: Client) -> list[str]:
    """The consumers that projectors read by."""
    names = (await ask(client, "NAMES.RUNS"))["consumers"] or []
    assert isinstance(names, list)
    return [name for name in names if not name.startswith(OTHERS)]


async def pause(client: Client, until: datetime) -> None:
    """Nothing comes of them until then, though all that is asked of them is answered."""
    for name in await replays(client):
        await ask(client, f"PAUSE.RUNS.{name}", pause_until=until.isoformat())


@pytest.mark.long
async def test_it_is_unready_and_behind_until_it_has_begun_anew(
    connection: asyncpg.Connection, nats_url: str, database_url: str
) -> None:
    settings = load("projector", {"NATS_URL": nats_url, "DATABASE_URL": database_url})
    health, stopping = Health(), asyncio.Event()
    story = Story("acme", RUN, 0)
    async with provisioned(nats_url) as log:
        client = await connected(nats_url)
        task = asyncio.create_task(serve(settings, health, stopping))
        await append(log, [story.requested()])

        async def copied(number: int) -> bool:
            last = (await log.read_on("acme", RUN, after=0))[-1].sequence
            return (await positions(connection)).get(0) == last and number <= last

        await eventually(lambda: copied(1))
        await eventually(lambda: health.is_ready)
        await pause(client, datetime.now(UTC) + LONG)
        await append(log, [story.started()])
        reason = await eventually(lambda: health.reasons.get("projector"))
        assert "partition 0 stands still at 1, and 1 fact waits" in reason
        behind = REGISTRY.get_sample_value("penstock_projector_behind_seconds")
        assert behind is not None
        assert behind > 0
        await pause(client, datetime.now(UTC))
        await eventually(lambda: copied(2))
        await eventually(lambda: health.is_ready)
        stopping.set()
        await asyncio.wait_for(task, PATIENCE_SECONDS)
        await client.close()
