"""Schedulers and projectors of several versions beside an api, and what it says of parked runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from services.api.admin.parked_models import ParkedList, ParkedRunShape
from services.projector.projector import Projector
from services.scheduler.scheduler import Scheduler
from shared.ledger.pool import opened
from shared.log import Log, connect
from shared.log.subjects import partition_of
from shared.run import facts as f
from shared.runtime.monitor import Health
from tests.eventually import eventually
from tests.integration.api.story import Service
from tests.servers import connected, flushed

PARTITIONS = 2
PARKED = "/api/v1/admin/parked"


class World:
    """One api, its log and its database; services come and go."""

    def __init__(self, service: Service, log: Log, nats_url: str, database_url: str) -> None:
        self.service = service
        self.log = log
        self._nats_url = nats_url
        self._database_url = database_url

    @asynccontextmanager
    async def scheduler(self, name: str) -> AsyncIterator[None]:
        """One that works all partitions, if it is the only one."""
        async with connect(self._nats_url, name=name) as log:
            stopping = asyncio.Event()
            scheduler = Scheduler(log, PARTITIONS, name)
            working = asyncio.create_task(scheduler.work(stopping))
            await eventually(lambda: scheduler.works(0) and scheduler.works(1))
            yield
            stopping.set()
            await working

    @asynccontextmanager
    async def projector(self) -> AsyncIterator[None]:
        """One that copies all partitions, if it is the only one."""
        async with connect(self._nats_url, name="projector") as log:
            working = asyncio.create_task(Projector(log, self._database_url, Health()).run())
            yield
            working.cancel()
            await asyncio.wait({working})

    @asynccontextmanager
    async def database(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection to the database of the api."""
        async with opened(self._database_url) as connection:
            yield connection

    async def run_with_outcome(self) -> str:
        """A run of which a worker has completed the first step."""
        run = await self.service.run()
        await eventually(lambda: self.rests(run, "step.0.1.ready.local.shared"))
        ids = self.ids(run)
        await self.log.append(
            f.StepCompleted(**ids, step=0, node="draft", attempt=1, execution=1, output="about")
        )
        return run

    async def foreign(self, run: str) -> None:
        """A fact of a type that no version of ours has, where a cancel would stand."""
        client = await connected(self._nats_url)
        subject = f"run.{partition_of(run, PARTITIONS)}.default.{run}.cancel"
        await client.publish(subject, b'{"type":"run.paused","version":7}')
        await flushed(client)
        await client.close()

    async def rests(self, run: str, *wanted: str) -> list[str]:
        """What is recorded of the run, once all of these are; else nothing."""
        found = [entry.rest for entry in (await self.log.history("default", run)).entries]
        return found if set(wanted) <= set(found) else []

    async def parked(self) -> ParkedList:
        """What the api lists."""
        answer = await self.service.http.get(PARKED)
        assert answer.status_code == 200, answer.text
        return ParkedList.model_validate_json(answer.content)

    async def parked_by(self, run: str, *services: str) -> ParkedRunShape:
        """The run in the list, once it is parked by these and by nobody else."""

        async def found() -> ParkedRunShape | None:
            for each in (await self.parked()).items:
                if each.run_id == run and sorted(b.service for b in each.by) == sorted(services):
                    return each
            return None

        return await eventually(found)

    async def post(self, run: str, what: str, status: int = 200, **body: Any) -> dict[str, Any]:
        """What a call about one parked run answers."""
        answer = await self.service.http.post(f"{PARKED}/{run}/{what}", json=body or None)
        assert answer.status_code == status, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def read(self, run: str) -> dict[str, Any]:
        """The run, as the api tells it."""
        answer = await self.service.http.get(f"/api/v1/runs/{run}")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def ids(self, run: str) -> dict[str, Any]:
        """Whose facts they are."""
        return {"workspace": "default", "run": run, "partition": partition_of(run, PARTITIONS)}
