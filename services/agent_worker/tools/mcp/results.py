"""What a tool answered into a text for the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, assert_never

import mcp_types as types

from services.agent_worker.clean import clean
from services.agent_worker.tools.answers import in_json, result_of_text
from services.agent_worker.tools.mcp.failures import McpFailed
from services.agent_worker.tools.result import ToolResult, failed

Answered: TypeAlias = types.CallToolResult | types.InputRequiredResult


def result_of(answered: Answered, asked: Sequence[str], secrets: Mapping[str, str]) -> ToolResult:
    """The result of a call that was answered; `asked` is what the server asked for meanwhile, and
    `secrets` are values by name, which stand in no result. Raises: McpFailed."""
    if isinstance(answered, types.InputRequiredResult):
        requests = (answered.input_requests or {}).values()
        raise input_required([each.method for each in requests])
    text = _text(answered)
    if not answered.is_error:
        return result_of_text(text or "The tool answered with no content.", secrets)
    if asked:
        raise input_required(asked, text)
    told = result_of_text(text, secrets)
    return failed("tool_error", "expected the tool to succeed, it says that it failed", told.output)


def input_required(asked: Sequence[str], excerpt: str = "") -> McpFailed:
    """Why a tool that asks back has no result."""
    what = " and ".join(dict.fromkeys(asked)) or "to be called again with what it remembers"
    message = f"expected a tool that asks for nothing, it asks for {what}"
    return McpFailed("input_required", message, excerpt)


def _text(answered: types.CallToolResult) -> str:
    """The texts of it, and a line in place of what is none; without content, its value.

    Raises: McpFailed.
    """
    if answered.content:
        return "\n".join(clean(_block(each)) for each in answered.content)
    value = answered.structured_content
    if value is None:
        return ""
    try:
        return clean(in_json(value))
    except ValueError:
        raise McpFailed("not_mcp", "expected a result in JSON, got a number that is none") from None


def _block(block: types.ContentBlock) -> str:
    match block:
        case types.TextContent():
            return block.text
        case types.ImageContent() | types.AudioContent():
            return f"[{block.type} of type {block.mime_type}, {_size(block.data)}: not shown]"
        case types.ResourceLink():
            words = f": {block.description}" if block.description else ""
            return f"[resource {block.name} at {block.uri}{words}]"
        case types.EmbeddedResource():
            return _resource(block.resource)
        case _:
            assert_never(block)


def _resource(found: types.TextResourceContents | types.BlobResourceContents) -> str:
    if isinstance(found, types.TextResourceContents):
        return f"[resource at {found.uri}]\n{found.text}"
    kind = found.mime_type or "an unknown type"
    return f"[resource at {found.uri} of {kind}, {_size(found.blob)}: not shown]"


def _size(base64: str) -> str:
    return f"{len(base64.rstrip('=')) * 3 // 4:,} bytes"
