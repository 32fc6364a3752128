"""An api, a scheduler and workers with the settings of a test, and the model that they call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx2

from services.agent_worker.__main__ import serve as work
from services.scheduler.__main__ import serve as schedule
from shared.log.provision import provision
from shared.runtime.monitor import Health
from shared.runtime.settings import Settings, load
from simulator.server import running
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.api.conftest import PARTITIONS, started
from tests.integration.api.story import Service

OLD, NEW = "ab" * 32, "cd" * 32
DEFAULT = "sk-of-the-environment"
KEY = "/api/v1/provider-keys/anthropic"
OVER = frozenset({"completed", "failed", "cancelled"})
Serve = Callable[[Settings, Health, asyncio.Event], Awaitable[None]]


def asking(marker: str = "text=done rate=0") -> dict[str, Any]:
    """A flow of one agent, which the model answers by this marker."""
    data = {"instructions": f"[[sim: {marker}]]"}
    return {"nodes": [{"id": "ann", "type": "agent", "data": data}], "edges": []}


class KeysWorld:
    """See the module; apis and workers are started as they are needed."""

    def __init__(self, nats_url: str, database_url: str, model_url: str) -> None:
        self._urls = {"NATS_URL": nats_url, "DATABASE_URL": database_url}
        self._model = {"ANTHROPIC_BASE_URL": model_url}
        self._http = httpx2.AsyncClient(base_url=model_url, timeout=PATIENCE_SECONDS)
        self._stack = AsyncExitStack()

    async def api(self, secret_keys: str = OLD) -> Service:
        """One more api."""
        urls = (self._urls["NATS_URL"], self._urls["DATABASE_URL"])
        more = {"PENSTOCK_SECRET_KEY": secret_keys, **self._model}
        return await self._stack.enter_async_context(started(*urls, **more))

    @asynccontextmanager
    async def worker(
        self, secret_keys: str = OLD, key: str = DEFAULT, **more: str
    ) -> AsyncIterator[None]:
        """A worker for as long as the block lasts; `more` are settings."""
        own = {"PENSTOCK_SECRET_KEY": secret_keys, "ANTHROPIC_API_KEY": key, **self._model}
        async with self.serving("agent-worker", work, **own, **more):
            yield

    @asynccontextmanager
    async def scheduler(self) -> AsyncIterator[None]:
        """A scheduler for as long as the block lasts."""
        async with self.serving("scheduler", schedule):
            yield

    async def fingerprints(self, contains: str = "") -> list[str]:
        """By which keys the model was called, as it knows them again; oldest first."""
        return [call["key_fingerprint"] for call in await self.calls(contains)]

    async def calls(self, contains: str = "") -> list[dict[str, Any]]:
        """The model's own log of its calls, oldest first."""
        params = {"contains": contains}
        answer = await self._http.get("/_simulator/requests", params=params)
        calls: list[dict[str, Any]] = answer.json()["requests"]
        return calls

    async def close(self) -> None:
        await self._stack.aclose()
        await self._http.aclose()

    @asynccontextmanager
    async def serving(self, name: str, serve: Serve, **more: str) -> AsyncIterator[None]:
        settings = load(name, {**self._urls, "PENSTOCK_DRAIN_SECONDS": "0", **more})
        health, stopping = Health(), asyncio.Event()
        task = asyncio.ensure_future(serve(settings, health, stopping))
        await eventually(lambda: health.is_ready or task.done())
        try:
            yield
        finally:
            stopping.set()
            await task


@asynccontextmanager
async def keys_world(nats_url: str, database_url: str) -> AsyncIterator[KeysWorld]:
    """A provisioned log, a database and a simulated model, with nobody at work but a scheduler."""
    await provision(nats_url, partitions=PARTITIONS, pools=("default", "local"))
    async with running() as url:
        world = KeysWorld(nats_url, database_url, url)
        try:
            async with world.scheduler():
                yield world
                await world.close()
        finally:
            await world.close()


async def run(service: Service, flow: dict[str, Any] | None = None, **how: Any) -> str:
    """The id of a new run."""
    body = {"flow": flow or asking(), **how}
    answer = await service.http.post("/api/v1/runs", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["run_id"])


async def ended(service: Service, run: str) -> dict[str, Any]:
    """The run, once it is over."""

    async def found() -> dict[str, Any] | None:
        told: dict[str, Any] = (await service.http.get(f"/api/v1/runs/{run}")).json()
        return told if told["status"] in OVER else None

    return await eventually(found)
