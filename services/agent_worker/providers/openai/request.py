"""A request as Chat Completions wants it: the one place where what an agent asks takes its form.

Turns are sent back as the assistant messages that they were. Which field bounds the answer differs:
OpenAI's newer models refuse `max_tokens`, which is all that many other servers know.
Source: OpenAI API reference, create chat completion; what servers that are compatible say of it.
"""

from collections.abc import Iterable
from typing import Literal, cast

from openai.types import ReasoningEffort
from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionMessageParam
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.shared_params import FunctionDefinition
from openai.types.shared_params.response_format_json_schema import JSONSchema

from services.agent_worker.providers.border import recorded
from services.agent_worker.providers.provider import Request, ToolSpec
from shared.errors import AttemptFailed
from shared.flow import AgentWork
from shared.models import Capabilities
from shared.runtime.model_providers import MaxTokensField


def parameters_of(
    request: Request, known: Capabilities | None, max_tokens: MaxTokensField
) -> CompletionCreateParamsStreaming:
    """What `chat.completions.create` is given, for a model of which so much is known.

    Raises: AttemptFailed, for tools that only another provider runs; Corrupt, where a turn's
    content is none.
    """
    work = request.work
    if work.provider_tools:
        words = f"expected no tools that the provider runs, which {request.whole} does not have"
        raise AttemptFailed(words, code="unsupported_tool", retry=False)
    asked: CompletionCreateParamsStreaming = {
        "model": request.model,
        "messages": list(_messages(request)),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    asked[max_tokens] = request.max_tokens
    if request.tools:
        asked["tools"] = [_tool(each) for each in request.tools]
    if work.output_schema is not None and known is not None and known.structured_output:
        # Strict is a part of JSON Schema only: what does not fit is noticed here.
        form: JSONSchema = {"name": "answer", "schema": dict(work.output_schema), "strict": False}
        asked["response_format"] = {"type": "json_schema", "json_schema": form}
    if effort := _effort(work, known):
        asked["reasoning_effort"] = effort
    if work.service_tier is not None:
        asked["service_tier"] = cast("Literal['auto', 'default', 'flex']", work.service_tier)
    if work.metadata:
        asked["metadata"] = dict(work.metadata)
    return asked


def _tool(tool: ToolSpec) -> ChatCompletionFunctionToolParam:
    function: FunctionDefinition = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.input_schema),
    }
    return {"type": "function", "function": function}


def _effort(work: AgentWork, known: Capabilities | None) -> ReasoningEffort:
    """How much to reason; there is no other way to say how, or that it should not."""
    can_think = known is None or known.thinking is None or bool(known.thinking.kinds)
    if work.thinking == "off" and can_think:
        return "none"
    return work.effort


def _messages(request: Request) -> Iterable[ChatCompletionMessageParam]:
    if request.system:
        yield {"role": "system", "content": request.system}
    yield {"role": "user", "content": request.prompt}
    for turn in request.said:
        yield cast("ChatCompletionMessageParam", recorded(turn.content))
        for answer in turn.answers:
            # There is no field that says so.
            output = f"Error: {answer.output}" if answer.is_error else answer.output
            yield {"role": "tool", "tool_call_id": answer.call, "content": output}
        if turn.then is not None:
            yield {"role": "user", "content": turn.then}
