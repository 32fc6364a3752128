"""What a model is offered of tools: each that it may call, by the name that it calls it by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from shared.tools.mcp_tool import McpTool, model_name
from shared.tools.named_tool import JUDGED, OnLost
from shared.tools.tool import TOOL, Tool


class Offered(NamedTuple):
    """One tool as a model knows it; `tool` is the definition it is called by."""

    name: str
    description: str
    input_schema: Mapping[str, object]
    on_lost: OnLost
    tool: Tool


def offered_by(definitions: Iterable[object], *, is_saved: bool = False) -> Iterator[Offered]:
    """All that these definitions offer, in their order. Schemas of those that were saved, on their
    own or with a flow, were judged then. Raises: ValidationError."""
    for definition in definitions:
        context = JUDGED if is_saved else None
        yield from offers_of(TOOL.validate_python(definition, context=context))


def offers_of(tool: Tool) -> Iterator[Offered]:
    """What one tool offers. Of one of kind `mcp` that is each tool that was listed when it was
    saved; `tool` then has that one alone."""
    if isinstance(tool, McpTool):
        for alone in tool.alone():
            [listed] = alone.listed
            name = model_name(tool.name, listed.name)
            yield Offered(name, listed.description, listed.input_schema, alone.on_lost, alone)
        return
    yield Offered(tool.name, tool.description, tool.input_schema, tool.on_lost, tool)
