"""Definitions of MCP tools for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.flow.json_value import JSON
from shared.tools import ListedTool, McpTool
from shared.tools.mcp_tool import Listing
from tests.eventually import PATIENCE_SECONDS

SCHEMA: dict[str, JSON] = {"type": "object", "properties": {"words": {"type": "string"}}}


def mcp_tool(
    url: str = "https://mcp.example.com/mcp",
    tools: Sequence[str] = ("find",),
    listed: Sequence[ListedTool] = (),
    **mcp: object,
) -> McpTool:
    """A tool named notes, with what was listed for it."""
    return McpTool.model_validate(
        {
            "name": "notes",
            "description": "A notebook.",
            "kind": "mcp",
            "mcp": {"url": url, "tools": tools, "timeout_seconds": PATIENCE_SECONDS, **mcp},
            "listed": [each.model_dump() for each in listed],
        }
    )


def find(name: str = "find", *, read_only: bool = False, idempotent: bool = False) -> ListedTool:
    """A tool as it was listed."""
    return listed_tool(name, read_only=read_only, idempotent=idempotent)


def listed_tool(
    name: str = "find",
    description: str = "Finds notes.",
    input_schema: Mapping[str, JSON] = SCHEMA,
    **hints: bool,
) -> ListedTool:
    """What is pinned of what a server says."""
    listing = Listing(name=name, description=description, input_schema=input_schema, **hints)
    return listing.pinned()
