"""One conversation with a server: bounded in time and in bytes, and gone at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

import anyio
import httpx2
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from services.agent_worker.egress import GuardedTransport
from services.agent_worker.tools.mcp.failures import McpFailed
from services.agent_worker.tools.mcp.listing import chosen, require_no_secret, require_unchanged
from services.agent_worker.tools.mcp.results import input_required, result_of
from services.agent_worker.tools.mcp.session import Session, connected, explained
from services.agent_worker.tools.mcp.wire import Wire
from services.agent_worker.tools.result import ToolResult
from shared.flow.json_value import JSON
from shared.tools import ListedTool, McpServer

LARGEST_LISTING: Final = 8 << 20  # bytes of all that comes before a call
CLOSING_SECONDS: Final = 2.0
"""How long the server may take to end the session, when there is a result."""

T = TypeVar("T")
Work = Callable[[Session, Wire], Awaitable[T]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Who is spoken to, and how. `headers` are sent with every request and may hold `secrets`,
    which are values by name."""

    server: McpServer
    transport: GuardedTransport
    headers: Mapping[str, str] = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)

    async def listed(self) -> tuple[ListedTool, ...] | ToolResult:
        """What the server lists for the tools that are chosen, or why there is none."""

        async def work(session: Session, wire: Wire) -> tuple[ListedTool, ...]:
            found = await session.find(self.server.tools)
            listed = await asyncio.to_thread(chosen, found, self.server.tools)
            require_no_secret(listed, self.secrets)
            return listed

        return await self._held(work)

    async def called(
        self, listed: ListedTool, arguments: Mapping[str, JSON], idempotency_key: str
    ) -> ToolResult:
        """What the call of a tool ends in; it is not made if the tool is another by now."""

        async def work(session: Session, wire: Wire) -> ToolResult:
            found = await session.find((listed.name,))
            require_unchanged(found.get(listed.name), listed)
            wire.allow(self.server.largest_bytes)
            answered = await session.call(listed.name, arguments, idempotency_key)
            return result_of(answered, session.asked, self.secrets)

        return await self._held(work)

    async def _held(self, work: Work[T]) -> T | ToolResult:
        task = asyncio.current_task()
        assert task is not None
        cancels = task.cancelling()
        results: list[T | ToolResult] = []
        with anyio.move_on_after(self.server.timeout_seconds) as scope:
            wire = Wire(self.transport, scope.cancel)
            wire.allow(LARGEST_LISTING)
            try:
                async with connected(self.server.url, self.headers, wire) as session:
                    results.append(await self._worked(work, session, wire, scope))
                    closed_by = anyio.current_time() + CLOSING_SECONDS
                    scope.deadline = min(scope.deadline, closed_by)
            except ExceptionGroup as stopped:
                results = results or [_stopped(stopped).result(self.secrets)]
        if task.cancelling() > cancels:  # anyio took it for the end of the scope
            raise asyncio.CancelledError
        if wire.failure is not None and not results:
            return wire.failure.result(self.secrets)
        return results[0] if results else self._too_long().result(self.secrets)

    async def _worked(
        self, work: Work[T], session: Session, wire: Wire, scope: anyio.CancelScope
    ) -> T | ToolResult:
        try:
            await session.negotiate()
            return await work(session, wire)
        except asyncio.CancelledError:
            scope.cancel()  # or the server would be told first, and waited for
            raise
        except McpFailed as failure:
            return failure.result(self.secrets)
        except (MCPError, ValidationError, RuntimeError) as error:
            why = explained(error, wire, session)
            if session.asked:
                why = input_required(session.asked, why.excerpt)
            return why.result(self.secrets)

    def _too_long(self) -> McpFailed:
        message = f"expected the call to end within {self.server.timeout_seconds:g} s, it did not"
        return McpFailed("timeout", message)


def _stopped(group: ExceptionGroup) -> McpFailed:
    """Why a part of the SDK stopped, and took the rest along."""
    others = group.split(httpx2.HTTPError)[1]
    if others is None:
        return McpFailed("unreachable", "expected a whole answer, the connection broke")
    first: Exception = others
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    message = f"expected an answer that can be read, reading it ended in {type(first).__name__}"
    return McpFailed("not_mcp", message)
