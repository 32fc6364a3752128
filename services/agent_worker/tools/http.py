"""The call of a tool of kind `http`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from services.agent_worker.egress import EgressClient, EgressError
from services.agent_worker.tools.answers import result_of
from services.agent_worker.tools.redaction import redacted
from services.agent_worker.tools.requests import Secrets, call_of, secrets_of
from services.agent_worker.tools.result import ToolResult, failed
from shared.flow.json_value import JSON
from shared.tools import HttpTool
from shared.tools.templates import Unfillable


async def call_http_tool(
    tool: HttpTool,
    arguments: Mapping[str, JSON],
    *,
    client: EgressClient,
    secret: Secrets,
    idempotency_key: str,
) -> ToolResult:
    """What the call ends in, within the tool's `timeout_seconds`; it raises nothing.

    The arguments need not fit `input_schema`. The key, which is one line of ASCII, is the same for
    every execution of the same call.
    """
    began = time.monotonic()
    result = await _called(tool, arguments, client, secret, idempotency_key)
    return replace(result, seconds=time.monotonic() - began)


async def _called(
    tool: HttpTool,
    arguments: Mapping[str, JSON],
    client: EgressClient,
    secret: Secrets,
    key: str,
) -> ToolResult:
    secrets: Mapping[str, str] = {}
    try:
        secrets = secrets_of(tool.http.headers, secret)
        answer = await client.call(call_of(tool, arguments, secrets, key))
    except Unfillable as error:
        return failed(error.code, redacted(str(error), secrets))
    except EgressError as error:
        return failed(error.code, redacted(str(error), secrets))
    return result_of(answer, tool.http.result_path, secrets)
