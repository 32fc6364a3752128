"""Whether what a model calls a tool with fits the tool."""

from __future__ import annotations

import json
from dataclasses import replace

from services.agent_worker.checkers import Checkers, Fits, Unchecked
from services.agent_worker.tools.result import ToolResult, failed
from shared.flow.json_value import JSON
from shared.tools.offered import Offered


async def fitting_arguments(
    checkers: Checkers, offered: Offered, text: str, whose: tuple[str, str]
) -> dict[str, JSON] | ToolResult:
    """The arguments that a JSON text is, or what is wrong with them. Raises: Slow, Unavailable."""
    found = await checkers.check(offered.input_schema, text, whose)
    if isinstance(found, Unchecked):
        return failed(found.code, found.message)
    if not isinstance(found, Fits):
        listed = "\n".join(f"- {each}" for each in found.complaints)
        message = "expected arguments that fit the tool's input_schema"
        wrong = failed("bad_arguments", f"{message}: {found.complaints[0]}")
        return replace(wrong, output=f"{message}:\n{listed}")
    value: object = json.loads(found.text)
    assert isinstance(value, dict)  # as every input_schema says
    return value
