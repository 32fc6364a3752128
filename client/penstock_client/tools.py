"""Tools of the workspace: what workers call for agents, by name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from urllib.parse import quote

from pydantic import Field, JsonValue

from penstock_client.connection import Connection
from penstock_client.paging import items, listed
from penstock_client.results import Json, Page, Result
from penstock_client.versions import ToolDiff, ToolVersion

_CALLING_SECONDS = 70.0

Definition = Mapping[str, JsonValue]
"""Name, description, kind, `input_schema`, what the kind has, policy; and `tags`, `note`."""


class Tool(Result):
    """A tool as it is kept; of the members that are called like a kind it has that of its own."""

    id: str
    name: str
    description: str
    kind: str
    input_schema: Json = Field(default={})
    http: Json | None = None
    mcp: Json | None = None
    nats: Json | None = None
    listed: tuple[Json, ...] = ()
    policy: Json = Field(default={})
    tags: tuple[str, ...] = ()
    version_number: int = 0
    created_at: str = ""
    updated_at: str = ""
    deleted_at: str | None = None


class ToolFault(Result):
    """Why a call failed: a stable code, and a sentence."""

    code: str
    message: str


class ToolOutcome(Result):
    """What a call ended in: `ok`, `error`, or `unknown` if it may have been carried out or not.

    `cut`: there was more of the output than is told.
    """

    outcome: str
    output: str
    error: ToolFault | None = None
    cut: bool = False
    seconds: float = 0.0


class Tools:
    """`/tools`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, definition: Definition) -> Tool:
        """The new tool. Raises: ConflictError, if another has its name."""
        return (await self._connection.post("/tools", definition)).read(Tool)

    async def get(self, tool_id: str) -> Tool:
        """One tool."""
        return (await self._connection.get(_path(tool_id))).read(Tool)

    async def update(self, tool_id: str, definition: Definition) -> Tool:
        """The tool as it is now: all of it is replaced. Raises: ConflictError, as `create`."""
        return (await self._connection.send("PUT", _path(tool_id), definition)).read(Tool)

    async def delete(self, tool_id: str) -> None:
        """Removes the tool; runs that began with it are not changed. See `restore`."""
        await self._connection.send("DELETE", _path(tool_id), None)

    async def restore(self, tool_id: str) -> Tool:
        """The tool that was deleted, within 30 days. Raises: ConflictError, as `create`."""
        return (await self._connection.post(f"{_path(tool_id)}/restore")).read(Tool)

    async def call(
        self, tool_id: str, arguments: Mapping[str, JsonValue], *, tool: str | None = None
    ) -> ToolOutcome:
        """What one call with these arguments ends in, carried out by a worker.

        `tool` says which, as models call it, where the kind offers several.
        Raises: UnavailableError, if no worker takes it.
        """
        body = {"input": arguments, "tool": tool}
        path = f"{_path(tool_id)}/call"
        answer = await self._connection.post(path, body, answer_seconds=_CALLING_SECONDS)
        return answer.read(ToolOutcome)

    def list(
        self, *, tags: Sequence[str] = (), search: str = "", deleted: bool = False
    ) -> AsyncIterator[Tool]:
        """Tools, newest first: with all these tags, with this text in their names.

        With `deleted`, those that were deleted and can be restored.
        """
        return items(self._connection, "/tools", Page[Tool], listed(tags, search, deleted=deleted))

    def versions(self, tool_id: str) -> AsyncIterator[ToolVersion]:
        """Every version, newest first."""
        return items(self._connection, f"{_path(tool_id)}/versions", Page[ToolVersion], {})

    async def name_version(
        self, tool_id: str, number: int, name: str | None, note: str | None = None
    ) -> ToolVersion:
        """The version as it is called now; what is None stays, an empty text removes it."""
        body = {"name": name, "note": note}
        answer = await self._connection.send("PUT", f"{_path(tool_id)}/versions/{number}", body)
        return answer.read(ToolVersion)

    async def restore_version(self, tool_id: str, number: int) -> Tool:
        """The tool, with that version's definition as its newest version."""
        path = f"{_path(tool_id)}/versions/{number}/restore"
        return (await self._connection.post(path)).read(Tool)

    async def diff(self, tool_id: str, number: int, against: int | None = None) -> ToolDiff:
        """What a version changed, compared with the one before if no other is named."""
        params = {} if against is None else {"against": str(against)}
        path = f"{_path(tool_id)}/versions/{number}/diff"
        return (await self._connection.get(path, params)).read(ToolDiff)


def _path(tool_id: str) -> str:
    return f"/tools/{quote(tool_id, safe='')}"
