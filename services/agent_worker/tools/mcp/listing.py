"""What a server lists into what is pinned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import mcp_types as types
from pydantic import ValidationError

from services.agent_worker.clean import clean, cleaned
from services.agent_worker.tools.answers import in_json
from services.agent_worker.tools.mcp.failures import McpFailed
from services.agent_worker.tools.redaction import redacted
from shared.flow.json_value import quoted
from shared.tools.mcp_tool import ListedTool, Listing

LARGEST_PINNED: Final = 512 << 10
"""Bytes, in JSON, of what is pinned for a tool: it is told to the api, and is in every flow."""


def listing_of(tool: types.Tool) -> Listing:
    """What is kept of what the server says. A tool without description has its title, or its name;
    hints that are not given are taken as no."""
    hints = tool.annotations or types.ToolAnnotations()
    told = tool.description or tool.title or hints.title or tool.name
    schema = cleaned(tool.input_schema)
    assert isinstance(schema, dict)
    return Listing(
        name=tool.name,
        description=clean(told),
        input_schema=schema,
        read_only=hints.read_only_hint is True,
        idempotent=hints.idempotent_hint is True,
    )


def pinned(tool: types.Tool) -> ListedTool:
    """The tool as it is offered to models.

    Raises: McpFailed, if it cannot be offered: its schema is none, or it is too large.
    """
    try:
        return listing_of(tool).pinned()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = ".".join(map(str, first["loc"]))
        message = f"expected a tool that can be offered, got {quoted(tool.name)}, whose {at} is not"
        raise McpFailed("bad_listing", f"{message}: {first['msg']}") from None


def chosen(found: Mapping[str, types.Tool], names: tuple[str, ...]) -> tuple[ListedTool, ...]:
    """What is pinned of the tools of these names, in their order; large ones take a second.

    Raises: McpFailed.
    """
    if missing := [quoted(name) for name in names if name not in found]:
        message = f"expected the server to list {', '.join(missing[:5])}, it does not"
        raise McpFailed("tool_missing", message)
    listed = tuple(pinned(found[name]) for name in names)
    size = len(in_json([each.model_dump() for each in listed]).encode())
    if size > LARGEST_PINNED:
        message = f"expected listings of at most {LARGEST_PINNED:,} bytes together, got {size:,}"
        raise McpFailed("bad_listing", f"{message}: choose fewer tools")
    return listed


def require_no_secret(listed: tuple[ListedTool, ...], secrets: Mapping[str, str]) -> None:
    """A listing is kept where secrets are not. Raises: McpFailed."""
    for tool in listed:
        text = in_json(tool.model_dump())
        if redacted(text, secrets) != text:
            message = "expected a listing without the secrets that were sent, got one in"
            raise McpFailed("bad_listing", f"{message} {quoted(tool.name)}")


def require_unchanged(tool: types.Tool | None, listed: ListedTool) -> None:
    """The server lists the tool as it was pinned. Raises: McpFailed."""
    again = "save the tool again to take what the server has now"
    if tool is None:
        message = f"expected the server to list {quoted(listed.name)}, it does not any more"
        raise McpFailed("tool_changed", f"{message}: {again}")
    if listing_of(tool).hash != listed.hash:
        message = f"expected {quoted(listed.name)} as it was when it was saved, got another"
        raise McpFailed("tool_changed", f"{message}: {again}")
