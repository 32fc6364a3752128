"""A tool of any kind, as it is saved and as flows carry it."""

from __future__ import annotations

from typing import TypeAlias

from pydantic import TypeAdapter

from shared.tools.http_tool import HttpTool

Tool: TypeAlias = HttpTool
TOOL: TypeAdapter[Tool] = TypeAdapter(Tool)
