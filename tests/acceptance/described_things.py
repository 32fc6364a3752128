"""What a fuzzer is told of, to ask for things that are there, too: runs, definitions, a workspace.

Of ids made up none is ever there, and a call that has refused one shows nothing of its answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2

from services.api.description.openapi import example_of
from services.api.tools.models import ToolBody
from tests.eventually import eventually
from tests.integration.api.story import AGENTS, Service
from tests.integration.api.story import FLOW as ENDING

SETTINGS = Path(__file__).parents[1] / "schemathesis.toml"
WORKSPACE = "default"
HOW_MANY = 5
WAITING: dict[str, Any] = {
    "nodes": [{"id": "ask", "type": "approval", "data": {"message": "Shall it?"}}],
    "edges": [],
}

Things = Mapping[str, Sequence[str]]


async def things(service: Service) -> Things:
    """New ones, by the name of the dictionary that tests/schemathesis.toml has of them."""
    flows = [flow for flow in (ENDING, AGENTS, WAITING) for _ in range(HOW_MANY)]
    runs = [await service.run(flow=flow) for flow in flows]
    for run, flow in zip(runs, flows, strict=True):
        await _came_to(service, run, "waiting" if flow is WAITING else "completed")
    return {
        "runs": runs,
        "agents": [await _agent(service, number) for number in range(HOW_MANY)],
        "tools": [await _tool(service, number) for number in range(HOW_MANY)],
        "pipelines": [await service.pipeline(name=f"p {number}") for number in range(HOW_MANY)],
        "workspaces": [WORKSPACE],
    }


def write_settings(path: Path, named: Things, session: str | None) -> None:
    """Writes tests/schemathesis.toml with the dictionaries that it names, and a browser's cookie.

    In a header the cookie would give way to those that are made up.
    """
    tables = [
        f"[dictionaries.{name}]\nvalues = {json.dumps(values)}\n" for name, values in named.items()
    ]
    if session is not None:
        tables.append(f"[auth.openapi.session]\napi_key = {json.dumps(session)}\n")
    path.write_text("\n".join((SETTINGS.read_text(), *tables)))


async def _tool(service: Service, number: int) -> str:
    example = example_of(ToolBody)
    assert isinstance(example, dict)
    body = {**example, "name": f"find_{number}"}
    return str(_made(await service.http.post("/api/v1/tools", json=body), 201)["id"])


async def _agent(service: Service, number: int) -> str:
    body = {"name": f"Ann {number}", "instructions": "Draft it."}
    return str(_made(await service.http.post("/api/v1/agents", json=body), 201)["id"])


async def _came_to(service: Service, run: str, status: str) -> None:
    async def is_there() -> bool:
        answer = await service.http.get(f"/api/v1/runs/{run}")
        return bool(_made(answer, 200)["status"] == status)

    await eventually(is_there)


def _made(answer: httpx2.Response, status: int) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()
