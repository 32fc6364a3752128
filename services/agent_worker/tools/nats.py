"""The call of a tool of kind `nats`: a request that a program of a user answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Final, assert_never

from services.agent_worker.tools.occasion import Occasion
from services.agent_worker.tools.replies import result_of_reply
from services.agent_worker.tools.result import ToolResult, failed
from shared.errors import Unavailable
from shared.flow.json_value import JSON
from shared.log.tool_calls import ToolCalls, Unanswered
from shared.tools import NatsTool
from shared.tools.templates import Unfillable, in_json

PATIENCE_SECONDS: Final = 5.0
"""How long nobody may be there: a program that is started anew is away for so long."""
_AGAIN_SECONDS: Final = 0.25


async def call_nats_tool(
    tool: NatsTool, arguments: Mapping[str, JSON], *, calls: ToolCalls, occasion: Occasion
) -> ToolResult:
    """What the call ends in, within the tool's `timeout_seconds`; it raises nothing.

    The arguments need not fit `input_schema`. Where nobody serves the tool it is asked for again
    for PATIENCE_SECONDS, as nobody has had the call.
    """
    began = time.monotonic()
    result = await _called(tool, arguments, calls, occasion)
    return replace(result, seconds=time.monotonic() - began)


async def _called(
    tool: NatsTool, arguments: Mapping[str, JSON], calls: ToolCalls, occasion: Occasion
) -> ToolResult:
    try:
        call = _encoded(tool, arguments, occasion)
        answer = await _answer(tool, call, calls, occasion.workspace)
    except Unfillable as error:
        return failed(error.code, str(error))
    except Unavailable:
        message = "the tool could not be called: the worker has no connection to NATS"
        return failed("nats_unavailable", message)
    if isinstance(answer, bytes):
        return result_of_reply(answer, tool.nats.largest_bytes)
    return _unanswered(tool, answer, len(call))


async def _answer(
    tool: NatsTool, call: bytes, calls: ToolCalls, workspace: str
) -> bytes | Unanswered:
    """The first answer, or none, within the tool's time. Raises: Unavailable."""
    ends = time.monotonic() + tool.nats.timeout_seconds
    given_up = min(ends, time.monotonic() + PATIENCE_SECONDS)
    while True:
        answer = await calls.ask(workspace, tool.name, call, max(ends - time.monotonic(), 0))
        if answer != "nobody" or time.monotonic() + _AGAIN_SECONDS > given_up:
            return answer
        await asyncio.sleep(_AGAIN_SECONDS)


def _encoded(tool: NatsTool, arguments: Mapping[str, JSON], occasion: Occasion) -> bytes:
    about = asdict(occasion)
    about.pop("workspace")  # the subject has it
    call = {
        "input": dict(arguments),
        "tool": tool.name,
        "timeout_seconds": tool.nats.timeout_seconds,
        **about,
    }
    try:
        return in_json(call).encode()
    except UnicodeEncodeError:
        raise Unfillable("bad_argument", "expected text without lone surrogates") from None


def _unanswered(tool: NatsTool, answer: Unanswered, size: int) -> ToolResult:
    match answer:
        case "nobody":
            message = f"expected a program that serves the tool {tool.name}, found none"
            return failed("tool_not_served", message)
        case "silence":
            seconds = f"{tool.nats.timeout_seconds:g} s"
            message = f"expected an answer within {seconds}, got none: it may have been done"
            return failed("tool_timeout", message)
        case "too_large":
            message = f"expected arguments that fit into a message of NATS, got {size:,} bytes"
            return failed("bad_argument", message)
        case _:
            assert_never(answer)
