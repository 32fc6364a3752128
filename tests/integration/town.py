"""People who have logged in, over an api, a worker without a key of its own and a projector."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from penstock_client.sse import Parser

from services.projector.__main__ import serve as project
from tests.eventually import eventually
from tests.integration.api.people import logged_in, somebody, user
from tests.integration.keys_world import KEY, OVER, KeysWorld

ANNS_KEY, ANNS_MODEL = "sk-of-ann", "claude-haiku-4-5"
Update = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Somebody:
    """Who has logged in: what a page sends for them holds their cookie."""

    id: str
    page: httpx2.AsyncClient

    async def pipeline(self, flow: dict[str, Any]) -> str:
        answer = await self.page.post("/api/v1/pipelines", json={"name": "p", "flow": flow})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def starts(self, flow: dict[str, Any], **form: str) -> str:
        """The run of a new pipeline, started by a form."""
        answer = await self.page.post(f"/api/pipeline/{await self.pipeline(flow)}/run", data=form)
        assert (answer.status_code, answer.json().keys()) == (200, {"runId"}), answer.text
        return str(answer.json()["runId"])

    async def follows(self, run: str, **headers: str) -> list[Update]:
        """Everything that the stream of a run says until it ends."""
        answer = await self.page.get(f"/api/pipeline/run/{run}/stream", headers=headers)
        assert answer.status_code == 200, answer.text
        frames = Parser().feed(answer.content)
        assert {frame.event for frame in frames} == {"update"}
        return [{**json.loads(frame.data), "id": frame.id} for frame in frames]

    async def ended(self, run: str) -> dict[str, Any]:
        """The run, once it is over."""

        async def found() -> dict[str, Any] | None:
            told: dict[str, Any] = (await self.page.get(f"/api/v1/runs/{run}")).json()
            return told if told["status"] in OVER else None

        return await eventually(found)


@dataclass(frozen=True, slots=True)
class Town:
    """Who lives here: `chief` runs the installation, `stranger` has not logged in."""

    world: KeysWorld
    ann: Somebody
    bob: Somebody
    chief: httpx2.AsyncClient
    stranger: httpx2.AsyncClient


@asynccontextmanager
async def town_of(world: KeysWorld) -> AsyncIterator[Town]:
    """Ann has a model key of her own; Bob has none."""
    service = await world.api()
    async with (
        world.worker(key=""),
        world.serving("projector", project),
        somebody(service.url) as stranger,
    ):
        who = [await user(service, name) for name in ("Ann", "Bob")]
        async with logged_in(service.url, who[0]) as anns, logged_in(service.url, who[1]) as bobs:
            ann, bob = Somebody(who[0].id, anns), Somebody(who[1].id, bobs)
            body: Mapping[str, str] = {"key": ANNS_KEY, "default_model": ANNS_MODEL}
            assert (await anns.put(KEY, json=body)).status_code == 200
            yield Town(world, ann, bob, service.http, stranger)
