"""Stores that are nearly full, a server that is, and a workspace that has its share."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import httpx2
import pytest
from nats.js.errors import ServiceUnavailableError

from services.api.admin.models import System
from services.projector.__main__ import serve as project
from shared.log import Log, connect
from shared.log.bounds import Bounds, StoreFull
from shared.log.provision import provision
from shared.run import facts as f
from shared.runtime.monitor import Health
from shared.runtime.settings import load
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.api.conftest import PARTITIONS, started
from tests.integration.api.story import FLOW, Service, Story
from tests.servers import NatsServer, connected, own_folder

MIB = 1 << 20
POOLS = ("default", "local")
BOUNDS = Bounds(
    runs=4 * MIB,
    timers=MIB,
    blobs=4 * MIB,
    flows=MIB,
    idempotency=MIB,
    credentials=MIB,
    queues=MIB,
)
SERVER_BYTES = 32 * MIB
LARGE = 256 << 10  # as many bytes are stored in two pieces


@pytest.fixture
def small_nats() -> Iterator[NatsServer]:
    """A server with 32 MiB, of which our bounds take 13."""
    with own_folder() as folder:
        server = NatsServer(folder)
        server.embedded = dataclasses.replace(server.embedded, max_store_bytes=SERVER_BYTES)
        server.start()
        yield server
        server.stop()


@asynccontextmanager
async def bounded(nats_url: str, database_url: str, **more: str) -> AsyncIterator[Service]:
    """An api over small stores."""
    await provision(nats_url, partitions=PARTITIONS, pools=POOLS, bounds=BOUNDS)
    async with started(nats_url, database_url, **more) as service:
        yield service


async def filled(log: Log, run: str) -> list[str]:
    """Large texts of a run, until the store takes no more."""
    names: list[str] = []
    with suppress(StoreFull):
        while True:
            body = len(names).to_bytes(4, "big") * (LARGE // 4)
            names.append(await log.put_blob("default", run, body))
    return names


async def room(service: Service) -> str | None:
    """Why there is no room, as an alert is told."""
    reasons = (await service.http.get("/health/ready")).json()["reasons"]
    found: str | None = reasons.get("room")
    return found


async def has_room(service: Service) -> bool:
    """An alert is told of nothing."""
    return await room(service) is None


async def metric(service: Service, name: str) -> float | None:
    """What the api's metrics say of this name, labels and all."""
    lines = (await service.http.get("/metrics")).text.splitlines()
    found = [line.rpartition(" ")[2] for line in lines if line.startswith(f"penstock_{name} ")]
    return float(found[0]) if found else None


async def asked(service: Service) -> httpx2.Response:
    """A new run."""
    return await service.http.post("/api/v1/runs", json={"flow": FLOW})


async def test_a_full_store_takes_no_new_runs_lets_begun_ones_end_and_heals(
    nats_url: str, database_url: str
) -> None:
    async with bounded(nats_url, database_url) as service, connect(nats_url, name="t") as log:
        begun = await service.run()
        names = await filled(log, begun)
        assert "The store BLOBS is 9" in await eventually(lambda: room(service))
        refused = await asked(service)
        assert (refused.status_code, refused.json()["code"]) == (503, "store_full")
        assert refused.headers["retry-after"] == "2"
        assert "raise PENSTOCK_MAX_BLOB_BYTES" in refused.json()["detail"]
        assert (await service.http.get(f"/api/v1/runs/{begun}")).status_code == 200
        await Story(log, begun, PARTITIONS).begin()
        await log.delete_blobs("default", begun, names)
        await eventually(lambda: has_room(service))
        assert (await asked(service)).status_code == 202


async def test_a_log_that_is_nearly_full_keeps_the_rest_for_begun_runs(
    nats_url: str, database_url: str
) -> None:
    async with bounded(nats_url, database_url) as service, connect(nats_url, name="t") as log:
        begun = await service.run()
        sequences = []
        for number in range(1 + int(0.86 * BOUNDS.runs) // LARGE):
            story = {"workspace": "acme", "run": f"r{number}", "partition": 0}
            await log.append(f.RunRequested(**story, flow="0" * 64, input="x" * LARGE))
            sequences.append(await log.last_sequence())
        assert "The log is 8" in await eventually(lambda: room(service))
        refused = await asked(service)
        assert (refused.status_code, refused.json()["code"]) == (507, "log_full")
        assert refused.headers["retry-after"] == "2"
        await Story(log, begun, PARTITIONS).begin()
        await log.delete(sequences)
        await eventually(lambda: has_room(service))
        assert (await asked(service)).status_code == 202


async def test_a_full_store_of_flows_refuses_new_flows_and_runs_those_it_has(
    nats_url: str, database_url: str
) -> None:
    async with bounded(nats_url, database_url) as service, connect(nats_url, name="t") as log:
        await service.run()
        with suppress(StoreFull):
            for number in range(1 << 20):
                await log.put_flow(f"{number:064}", bytes(LARGE))
        with suppress(StoreFull):
            for number in range(1 << 20, 1 << 21):
                await log.put_flow(f"{number:064}", b"small")
        assert "The store FLOWS is" in await eventually(lambda: room(service))
        assert (await asked(service)).status_code == 202
        new = {"nodes": [{"id": "new", "type": "template", "data": {"template": "new"}}]}
        refused = await service.http.post("/api/v1/runs", json={"flow": {**new, "edges": []}})
        assert (refused.status_code, refused.json()["code"]) == (503, "store_full")
        assert refused.headers["retry-after"] == "2"


async def test_a_server_that_others_have_filled_is_told_and_heals(
    small_nats: NatsServer, database_url: str
) -> None:
    async with bounded(small_nats.url, database_url) as service:
        client = await connected(small_nats.url)
        context = client.jetstream()
        await context.add_stream(name="OTHERS", subjects=["others.>"])
        with suppress(ServiceUnavailableError):
            while True:
                await context.publish("others.text", bytes(MIB))
        assert "NATS takes no writes" in await eventually(lambda: room(service))
        refused = await asked(service)
        assert (refused.status_code, refused.json()["code"]) == (503, "store_full")
        assert refused.headers["retry-after"] == "2"
        assert await metric(service, "store_writable") == 0
        await context.delete_stream("OTHERS")
        await eventually(lambda: has_room(service))
        assert (await asked(service)).status_code == 202
        await client.close()


async def test_the_system_and_the_metrics_tell_how_full_every_store_is(
    nats_url: str, database_url: str
) -> None:
    async with bounded(nats_url, database_url) as service, connect(nats_url, name="t") as log:
        await log.put_blob("default", "run", bytes(MIB))
        system = System.model_validate_json(
            (await service.http.get("/api/v1/admin/system")).content
        )
        found = {each.store: each for each in system.stores}
        assert {name: each.limit_bytes for name, each in found.items()} == BOUNDS.by_store()
        assert MIB < found["BLOBS"].size_bytes < 2 * MIB

        async def told() -> bool:
            size = await metric(service, 'store_bytes{store="BLOBS"}')
            return size == found["BLOBS"].size_bytes

        await eventually(told)
        assert await metric(service, 'store_limit_bytes{store="FLOWS"}') == BOUNDS.flows


async def test_a_workspace_that_has_its_share_is_refused_until_its_runs_have_left(
    nats_url: str, database_url: str
) -> None:
    projecting = load("projector", {"NATS_URL": nats_url, "DATABASE_URL": database_url})
    async with (
        bounded(nats_url, database_url, PENSTOCK_MAX_WORKSPACE_BYTES=str(MIB)) as service,
        connect(nats_url, name="t") as log,
    ):
        stopping = asyncio.Event()
        task = asyncio.create_task(project(projecting, Health(), stopping))
        run = await service.run(input="x" * (MIB + 1))

        async def refusal() -> httpx2.Response | None:
            answer = await asked(service)
            return answer if answer.status_code == 429 else None

        refused = await eventually(refusal)
        assert refused.json()["code"] == "workspace_full"
        assert refused.headers["retry-after"] == "30"
        assert refused.json()["held_bytes"] == MIB + 1
        assert (await service.http.get(f"/api/v1/runs/{run}")).status_code == 200
        assert await has_room(service)
        assert await metric(service, "workspaces_over_share") == 1
        stopping.set()
        await asyncio.wait_for(task, PATIENCE_SECONDS)
        assert await log.has_run("default", run)
