"""Whose word makes an MCP server trusted."""

from __future__ import annotations

from starlette.requests import Request

from services.api.http.problems import Forbidden
from services.api.identity.identity import identity_of
from shared.tools import McpTool, NamedTool


def require_may_trust(request: Request, tool: NamedTool) -> None:
    """Only an admin makes a tool whose server is trusted. Raises: Forbidden."""
    is_trusted = isinstance(tool, McpTool) and tool.mcp.trusted
    if is_trusted and not identity_of(request).is_at_least("admin"):
        raise Forbidden("expected an admin to trust an MCP server, got a member: leave it out")
