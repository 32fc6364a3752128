"""A tool of any kind, as it is saved and as flows carry it."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field, TypeAdapter

from shared.tools.http_tool import HttpTool
from shared.tools.mcp_tool import McpTool
from shared.tools.nats_tool import NatsTool

Tool: TypeAlias = Annotated[HttpTool | McpTool | NatsTool, Field(discriminator="kind")]
TOOL: TypeAdapter[Tool] = TypeAdapter(Tool)
