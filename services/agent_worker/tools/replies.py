"""What a program of a user answered to a call of its tool, into a result.

    {"output": ANY}                                a text is told as it is, all else as JSON
    {"error": {"code": CODE, "message": TEXT}}     the tool's own error

A member that is null counts as absent beside the other, and unknown members are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from services.agent_worker.clean import clean
from services.agent_worker.tools.answers import EXCERPT, in_json, json_of, result_of_text
from services.agent_worker.tools.result import ToolResult, failed
from shared.flow.json_value import quoted, shown

_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_EXPECTED: Final = 'expected {"output": ...} or {"error": {"code", "message"}} from the tool'


def result_of_reply(data: bytes, largest_bytes: int) -> ToolResult:
    """The result that these bytes are, whatever they are."""
    if len(data) > largest_bytes:
        message = f"expected an answer of at most {largest_bytes:,} bytes, got {len(data):,}"
        return failed("answer_too_large", message)
    try:
        reply = json_of(data)
    except (ValueError, RecursionError):
        found = "something else" if data else "nothing"
        return failed("not_json", f"{_EXPECTED}, got {found}")
    if not isinstance(reply, Mapping):
        return failed("bad_answer", f"{_EXPECTED}, got {shown(reply)}")
    error = reply.get("error")
    if error is not None:
        return _error(error, reply.get("output"))
    if "output" not in reply:
        return failed("bad_answer", f"{_EXPECTED}, got an object with neither")
    output = reply["output"]
    return result_of_text(output if isinstance(output, str) else in_json(output), {})


def _error(error: object, output: object) -> ToolResult:
    if output is not None:
        return failed("bad_answer", f"{_EXPECTED}, got both")
    code, message = (
        (error.get("code"), error.get("message")) if isinstance(error, Mapping) else (None, None)
    )
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        found = shown(code) if isinstance(error, Mapping) else shown(error)
        wanted = "expected an error whose code is of a-z, 0-9 and _"
        return failed("bad_answer", f"{wanted}, as in not_found, got {found}")
    if not isinstance(message, str) or not message.strip():
        return failed("bad_answer", f"expected an error with a message, got {quoted(code)} alone")
    return failed(code, clean(message)[:EXCERPT])
