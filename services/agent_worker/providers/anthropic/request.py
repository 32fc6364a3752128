"""A request as the provider wants it: the one place where what an agent asks for takes its form.

In one attempt requests only grow at their end: `tools` and `system` stay as they are. Newer models
take thinking back only behind what it was said to, and a cache is read only so far as nothing has
changed. What is outside that, like the choice of tools, may change.
Source: Anthropic Messages API: thinking, effort, prompt caching, preserved thinking.
"""

import json
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Literal, cast

from anthropic import transform_schema
from anthropic.types import (
    CacheControlEphemeralParam,
    ContentBlockParam,
    MessageParam,
    OutputConfigParam,
    TextBlockParam,
    ThinkingConfigParam,
    ToolResultBlockParam,
    ToolUnionParam,
)
from anthropic.types.message_create_params import MessageCreateParamsStreaming

from services.agent_worker.providers.anthropic.tools import Block, is_used_up, tools_of
from services.agent_worker.providers.border import recorded
from services.agent_worker.providers.provider import Request, Said
from shared.flow import AgentWork, ThinkingBudget
from shared.models import Capabilities

BYTES_A_TOKEN = 4
UNKNOWN_CACHE_MINIMUM = 4_096
"""The largest there is: what is marked below a model's minimum is not kept anyway."""
_MARKER: CacheControlEphemeralParam = {"type": "ephemeral"}


def parameters_of(request: Request, known: Capabilities | None) -> MessageCreateParamsStreaming:
    """What `messages.create` is given, for a model of which so much is known.

    Raises: Corrupt, where a turn's content is none.
    """
    work = request.work
    said = [cast("list[Block]", recorded(turn.content)) for turn in request.said]
    asked: MessageCreateParamsStreaming = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "messages": list(_messages(request, said)),
        "stream": True,
    }
    if request.system:
        asked["system"] = request.system
    if tools := tools_of(work, request.tools):
        asked["tools"] = tools
        if not request.tools and is_used_up(work, list(chain.from_iterable(said))):
            asked["tool_choice"] = {"type": "none"}
    if thinking := _thinking(work, known):
        asked["thinking"] = thinking
    if config := _output_config(work, known):
        asked["output_config"] = config
    if work.service_tier is not None:
        asked["service_tier"] = cast("Literal['auto', 'standard_only']", work.service_tier)
    if user := (work.metadata or {}).get("user_id"):
        asked["metadata"] = {"user_id": user}  # all that it takes
    if work.cache == "auto":
        _mark(asked, request.system, tools, known)
    return asked


def _thinking(work: AgentWork, known: Capabilities | None) -> ThinkingConfigParam | None:
    """How to think, shown in words: what is omitted unless asked for leaves readers none."""
    match work.thinking:
        case None:
            return None
        case "adaptive":
            return {"type": "adaptive", "display": "summarized"}
        case ThinkingBudget(budget_tokens=budget):
            return {"type": "enabled", "budget_tokens": budget, "display": "summarized"}
        case "off":
            off = known.thinking.off if known and known.thinking else None
            return {"type": "between_tools"} if off == "between_tools" else {"type": "disabled"}


def _output_config(work: AgentWork, known: Capabilities | None) -> OutputConfigParam:
    """The effort; and the schema, as far as the provider takes one: all of it is checked here."""
    config: OutputConfigParam = {}
    if work.effort is not None:
        config["effort"] = work.effort
    if work.output_schema is not None and known is not None and known.structured_output:
        schema = transform_schema(dict(work.output_schema))
        config["format"] = {"type": "json_schema", "schema": schema}
    return config


def _mark(
    asked: MessageCreateParamsStreaming,
    system: str,
    tools: list[ToolUnionParam],
    known: Capabilities | None,
) -> None:
    """Markers of the prompt cache where they pay.

    Behind tools and system, which all runs of an agent share, if they are long enough to be kept;
    and behind the last message, once there is a conversation to go on with.
    """
    minimum = known.cache_minimum_tokens if known else None
    shared = system + (json.dumps(tools) if tools else "")
    if len(shared.encode()) // BYTES_A_TOKEN >= (minimum or UNKNOWN_CACHE_MINIMUM):
        if system:
            asked["system"] = [{"type": "text", "text": system, "cache_control": _MARKER}]
        else:
            tools[-1]["cache_control"] = _MARKER
    if len(list(asked["messages"])) > 1:
        asked["cache_control"] = _MARKER


def _messages(request: Request, said: Sequence[Sequence[Block]]) -> Iterable[MessageParam]:
    yield {"role": "user", "content": request.prompt}
    for turn, blocks in zip(request.said, said, strict=True):
        # Blocks are the provider's own, of kinds newer than the SDK perhaps: sent as they came.
        yield {"role": "assistant", "content": cast("list[ContentBlockParam]", list(blocks))}
        if turn.answers:
            yield {"role": "user", "content": list(_results(turn))}
        elif turn.then is not None:
            yield {"role": "user", "content": turn.then}


def _results(turn: Said) -> Iterable[ToolResultBlockParam | TextBlockParam]:
    """What came of the calls, before anything else that is said behind the turn."""
    for answer in turn.answers:
        result: ToolResultBlockParam = {
            "type": "tool_result",
            "tool_use_id": answer.call,
            "content": answer.output,
        }
        if answer.is_error:
            result["is_error"] = True
        yield result
    if turn.then is not None:
        yield {"type": "text", "text": turn.then}
