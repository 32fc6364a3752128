"""A call of a tool and its answer, as they are on the wire.

{"input": {...}, "tool", "idempotency_key", "run", "node", "attempt", "timeout_seconds"}

{"output": ANY}                             a text is told to the model as it is, else as JSON
{"error": {"code": ..., "message": ...}}    a code of a-z, 0-9 and _
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

_log = logging.getLogger("penstock_client.tools")

_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """What an agent calls a tool with.

    `input` are the arguments, which fit the tool's `input_schema`. A call that is made again has
    the same `idempotency_key`. Nobody waits for an answer longer than `timeout_seconds`.
    """

    input: Mapping[str, Any]
    tool: str = ""
    idempotency_key: str = ""
    run: str = ""
    node: str = ""
    attempt: int = 1
    timeout_seconds: float = 30.0


class ToolError(Exception):
    """A call that failed, as the model is told it: `code` of a-z, 0-9 and _, `message` a sentence.

    Raises: ValueError, if it is no such code, or there is no message.
    """

    def __init__(self, code: str, message: str) -> None:
        if not _CODE.fullmatch(code) or not message.strip():
            wanted = "expected a code of a-z, 0-9 and _, as in not_found, and a message"
            raise ValueError(f"{wanted}, got {code!r} and {message!r}")
        super().__init__(message)
        self.code = code
        self.message = message


Handler: TypeAlias = Callable[[ToolCall], Awaitable[object]]
"""Carries a call out; what it returns is JSON. Raises: ToolError."""

_FIELDS = frozenset(field.name for field in fields(ToolCall))


async def answer_to(data: bytes, handler: Handler, waited: float) -> bytes | None:
    """The answer to a call; None where nobody waits for it any longer after `waited` seconds."""
    call = _call_of(data)
    if call is None:
        return error_answer("bad_call", "expected a call of a tool, got something else")
    if waited >= call.timeout_seconds:
        _log.warning("a call of %s waited for %.0f s: nobody hears its answer", call.tool, waited)
        return None
    try:
        output = await handler(call)
    except ToolError as error:
        return error_answer(error.code, error.message)
    except Exception as error:
        _log.exception("the tool %s failed", call.tool)
        return error_answer("tool_error", f"the tool failed: {type(error).__name__}")
    try:
        return _encoded({"output": output})
    except (TypeError, ValueError, RecursionError) as error:
        _log.error("the output of the tool %s is no JSON: %s", call.tool, error)
        return error_answer("bad_output", "expected an output in JSON from the tool, got none")


def error_answer(code: str, message: str) -> bytes:
    """The answer that a call failed."""
    # Whatever else is wrong with a text, its answer must not be.
    readable = message.encode("utf-8", "replace").decode()
    return _encoded({"error": {"code": code, "message": readable}})


def _call_of(data: bytes) -> ToolCall | None:
    """The call; what it does not know of it is passed over."""
    try:
        found: object = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("input"), dict):
        return None
    known = {name: value for name, value in found.items() if name in _FIELDS}
    if not isinstance(known.get("timeout_seconds", 0.0), int | float):
        return None
    return ToolCall(**known)


def _encoded(answer: Mapping[str, object]) -> bytes:
    return json.dumps(answer, separators=(",", ":"), allow_nan=False).encode()
