"""Agents of the workspace: named instructions that pipelines refer to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal, Required, TypedDict, Unpack
from urllib.parse import quote

from penstock_client.connection import Connection
from penstock_client.paging import items
from penstock_client.results import Agent, Json, Page


class ThinkingBudget(TypedDict):
    """Thinking of at most so many tokens."""

    budget_tokens: int


class AgentFields(TypedDict, total=False):
    """What an agent is made of; `name` is required."""

    name: Required[str]
    instructions: str
    model: str
    max_tokens: int
    thinking: Literal["adaptive", "off"] | ThinkingBudget
    effort: Literal["low", "medium", "high", "xhigh", "max"]
    cache: Literal["auto", "off"]
    tools: list[str]
    max_uses: int
    allowed_domains: list[str]
    pool: str
    retry: Json
    timeout_seconds: float


class Agents:
    """`/agents`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, **fields: Unpack[AgentFields]) -> Agent:
        """The new agent."""
        return (await self._connection.post("/agents", fields)).read(Agent)

    async def get(self, agent_id: str) -> Agent:
        """One agent."""
        return (await self._connection.get(_path(agent_id))).read(Agent)

    async def update(self, agent_id: str, **fields: Unpack[AgentFields]) -> Agent:
        """The agent as it is now: all its fields are replaced."""
        return (await self._connection.send("PUT", _path(agent_id), fields)).read(Agent)

    async def delete(self, agent_id: str) -> None:
        """Removes the agent; runs that began with it are not changed."""
        await self._connection.send("DELETE", _path(agent_id), None)

    def list(self) -> AsyncIterator[Agent]:
        """All agents."""
        return items(self._connection, "/agents", Page[Agent], {})


def _path(agent_id: str) -> str:
    return f"/agents/{quote(agent_id, safe='')}"
