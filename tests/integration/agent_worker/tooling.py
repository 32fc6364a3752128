"""Agents with tools, and workers that may call loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from services.agent_worker.__main__ import callers_of
from services.agent_worker.egress import EgressClient
from services.agent_worker.kinds.kind import Equipment
from shared.run import facts as f
from shared.runtime.settings import load
from tests.integration.agent_worker.stage import Run, Stage, agent

MODELS = ["claude-haiku-5-5", "openai/gpt-4.1"]
ONCE = {"max_attempts": 1}
SCHEMA = {
    "type": "object",
    "properties": {"id": {"type": "string"}},
    "required": ["id"],
    "additionalProperties": False,
}


def tool(url: str, name: str = "lookup", method: str = "GET", **more: object) -> dict[str, object]:
    """The definition of an HTTP tool that takes an id."""
    return {
        "name": name,
        "description": "Looks an item up.",
        "kind": "http",
        "input_schema": SCHEMA,
        "http": {"method": method, "url": url},
        **more,
    }


def using(says: str, *tools: dict[str, object], **data: Any) -> dict[str, object]:
    """An agent with these tools, in a flow that the api made."""
    return agent("a", f"Use it. [[sim: {says} rate=0]]", tools=list(tools), retry=ONCE, **data)


@asynccontextmanager
async def equipped(stage: Stage) -> AsyncIterator[Equipment]:
    """What a worker shares that may call loopback."""
    settings = load("agent-worker", {"PENSTOCK_EGRESS_ALLOW": "127.0.0.1"})
    async with EgressClient.of(settings) as client:
        equipment = stage.equipment()
        yield replace(equipment, callers=callers_of(client, equipment.keys, equipment.store))


async def done(stage: Stage, run: Run) -> f.StepFinished:
    async with equipped(stage) as equipment, stage.working(equipment):
        await run.ready("a")
        return await run.outcome("a")


async def told(run: Run) -> tuple[list[f.ToolCalled], list[f.ToolReturned]]:
    """What was called, and what came of it, by turn and place."""
    called, returned = await run.facts(f.ToolCalled), await run.facts(f.ToolReturned)
    return (
        sorted(called, key=lambda each: (each.turn, each.index)),
        sorted(returned, key=lambda each: (each.turn, each.index)),
    )


def last_messages(call: dict[str, Any]) -> str:
    return json.dumps(call["messages"][2:], ensure_ascii=False)
