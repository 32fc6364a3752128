"""Errands that the api asks for: a call of a tool outside of any run, what a server lists."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from pydantic import ValidationError

from services.agent_worker.kinds.kind import Equipment
from services.agent_worker.tools.arguments import fitting_arguments
from services.agent_worker.tools.callers import Occasion, prepared
from services.agent_worker.tools.result import ToolResult, failed
from services.agent_worker.turns import Slow
from shared.errors import AttemptFailed, Unavailable
from shared.log.errands import LONGEST_SECONDS, Carry
from shared.runtime.logging import logger
from shared.tools import McpTool
from shared.tools.errands import (
    ERRAND,
    LARGEST_OUTPUT,
    CallErrand,
    CallOutcome,
    Fault,
    ListErrand,
    ListOutcome,
)
from shared.tools.offered import Offered, offered_by

MOST_AT_ONCE = 16
SECONDS = LONGEST_SECONDS - 5.0
"""How long a call may take, so that its answer comes while it is waited for."""

log = logger()


def carrying(equipment: Equipment, seconds: float = SECONDS) -> Carry:
    """What carries errands out: each within so many seconds; it raises nothing."""

    async def carry(question: bytes) -> bytes:
        try:
            errand = ERRAND.validate_json(question)
        except ValidationError:
            return _answer(failed("unknown_errand", "expected an errand that is known here"))
        try:
            async with asyncio.timeout(seconds):
                if isinstance(errand, ListErrand):
                    return await _listed(errand, equipment)
                return _answer(await _called(errand, equipment))
        except TimeoutError:
            return _answer(_unknown(seconds))
        except (AttemptFailed, Unavailable) as error:
            return _answer(failed(error.code, str(error)))
        except Slow:
            message = "expected a place to check the arguments, all are taken: try again"
            return _answer(failed("unavailable", message))
        except Exception as error:
            log.exception("errand.crashed", workspace=errand.workspace)
            return _answer(failed("internal", f"the worker failed: {type(error).__name__}"))

    return carry


async def _listed(errand: ListErrand, equipment: Equipment) -> bytes:
    tool = McpTool.model_validate(errand.tool)
    assert equipment.listings is not None
    found = await equipment.listings(tool, errand.workspace)
    if isinstance(found, ToolResult):
        return _answer(found)
    return ListOutcome(listed=[each.model_dump() for each in found]).model_dump_json().encode()


async def _called(errand: CallErrand, equipment: Equipment) -> ToolResult:
    offered = _offered(errand)
    if isinstance(offered, ToolResult):
        return offered
    whose = (errand.workspace, errand.idempotency_key)
    arguments = await fitting_arguments(equipment.checkers, offered, errand.input, whose)
    if isinstance(arguments, ToolResult):
        return arguments
    call = await prepared(equipment.callers, offered, _occasion(errand))
    return call if isinstance(call, ToolResult) else await call(arguments)


def _offered(errand: CallErrand) -> Offered | ToolResult:
    """The tool, or why it is none that this worker knows."""
    try:
        (offered,) = offered_by((errand.tool,), is_saved=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return failed("unknown_kind", f"this worker does not know such a tool: {first['msg']}")
    return offered


def _unknown(seconds: float) -> ToolResult:
    message = (
        f"expected an answer within {seconds:g} s, none came: whether the call was carried out is "
        "not known"
    )
    return ToolResult(outcome="unknown", output=message, seconds=seconds)


def _occasion(errand: CallErrand) -> Occasion:
    """No step is at it: the call stands for itself."""
    key = errand.idempotency_key
    return Occasion(workspace=errand.workspace, run=key, node="", attempt=1, idempotency_key=key)


def _answer(result: ToolResult) -> bytes:
    output = result.output.encode()
    if len(output) > LARGEST_OUTPUT:
        text = output[:LARGEST_OUTPUT].decode(errors="ignore")
        result = replace(result, output=text, cut=True)
    error = result.error and Fault(code=result.error.code, message=result.error.message)
    outcome = CallOutcome(
        outcome=result.outcome,
        output=result.output,
        error=error,
        cut=result.cut,
        seconds=round(result.seconds, 3),
    )
    return outcome.model_dump_json().encode()
