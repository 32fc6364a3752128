"""Agents of the workspace: named instructions that pipelines refer to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Literal, Required, TypedDict, Unpack
from urllib.parse import quote

from penstock_client.connection import Connection
from penstock_client.paging import items, listed
from penstock_client.results import Json, Page, Result
from penstock_client.versions import AgentDiff, AgentVersion


class Agent(Result):
    """A named set of instructions with model, tools and limits."""

    id: str
    name: str
    instructions: str = ""
    model: str | None = None
    fallbacks: tuple[str, ...] = ()
    fallback_on_refusal: bool | None = None
    output_schema: Json | None = None
    max_tokens: int | None = None
    thinking: str | Json | None = None
    effort: str | None = None
    cache: str | None = None
    tools: tuple[str | Json, ...] = ()
    max_turns: int | None = None
    service_tier: str | None = None
    metadata: Mapping[str, str] | None = None
    max_uses: int | None = None
    allowed_domains: tuple[str, ...] = ()
    pool: str | None = None
    retry: Json | None = None
    timeout_seconds: float | None = None
    queue_seconds: float | None = None
    first_token_seconds: float | None = None
    idle_seconds: float | None = None
    quiet_seconds: float | None = None
    on_error: str | None = None
    tags: tuple[str, ...] = ()
    version_number: int = 0
    created_at: str = ""
    updated_at: str = ""
    deleted_at: str | None = None


class ThinkingBudget(TypedDict):
    """Thinking of at most so many tokens."""

    budget_tokens: int


class AgentFields(TypedDict, total=False):
    """What an agent is made of; `name` is required. `note` says what changed."""

    name: Required[str]
    instructions: str
    model: str
    fallbacks: list[str]
    fallback_on_refusal: bool
    output_schema: Json
    max_tokens: int
    thinking: Literal["adaptive", "off"] | ThinkingBudget
    effort: Literal["low", "medium", "high", "xhigh", "max"]
    cache: Literal["auto", "off"]
    tools: Sequence[str | Json]
    max_turns: int
    service_tier: str
    metadata: Mapping[str, str]
    max_uses: int
    allowed_domains: list[str]
    pool: str
    retry: Json
    timeout_seconds: float
    tags: Sequence[str]
    note: str


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
        """Removes the agent; runs that began with it are not changed. See `restore`."""
        await self._connection.send("DELETE", _path(agent_id), None)

    async def restore(self, agent_id: str) -> Agent:
        """The agent that was deleted, within 30 days."""
        return (await self._connection.post(f"{_path(agent_id)}/restore")).read(Agent)

    def list(
        self, *, tags: Sequence[str] = (), search: str = "", deleted: bool = False
    ) -> AsyncIterator[Agent]:
        """Agents, newest first: with all these tags, with this text in their names.

        With `deleted`, those that were deleted and can be restored.
        """
        return items(
            self._connection, "/agents", Page[Agent], listed(tags, search, deleted=deleted)
        )

    def versions(self, agent_id: str) -> AsyncIterator[AgentVersion]:
        """Every version, newest first."""
        return items(self._connection, f"{_path(agent_id)}/versions", Page[AgentVersion], {})

    async def name_version(
        self, agent_id: str, number: int, name: str | None, note: str | None = None
    ) -> AgentVersion:
        """The version as it is called now; what is None stays, an empty text removes it."""
        body = {"name": name, "note": note}
        answer = await self._connection.send("PUT", f"{_path(agent_id)}/versions/{number}", body)
        return answer.read(AgentVersion)

    async def restore_version(self, agent_id: str, number: int) -> Agent:
        """The agent, with that version's settings as its newest version."""
        path = f"{_path(agent_id)}/versions/{number}/restore"
        return (await self._connection.post(path)).read(Agent)

    async def diff(self, agent_id: str, number: int, against: int | None = None) -> AgentDiff:
        """What a version changed, compared with the one before if no other is named."""
        params = {} if against is None else {"against": str(against)}
        path = f"{_path(agent_id)}/versions/{number}/diff"
        return (await self._connection.get(path, params)).read(AgentDiff)


def _path(agent_id: str) -> str:
    return f"/agents/{quote(agent_id, safe='')}"
