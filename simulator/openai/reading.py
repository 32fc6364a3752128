"""A request in the form that answers are composed from, whichever API it came by.

Instructions are its system and developer messages, in order; tools' messages that follow each other
are the results of one turn.
"""

from collections.abc import Iterator
from itertools import groupby

from pydantic import ValidationError

from simulator.http.failure import Refused
from simulator.openai.problem import first_problem
from simulator.openai.request import ChatMessage, ChatRequest, NamedTool
from simulator.openai.rules import check
from simulator.speech.demands import Disabled, OutputConfig, ToolChoice
from simulator.speech.request import Block, Message, MessagesRequest, Tool

UNBOUNDED = 2**31


class ChatAsked(MessagesRequest):
    """A request of this API; `tells_usage`: the stream is to tell the usage, in the end."""

    tells_usage: bool = False


def request_of(body: bytes) -> ChatAsked:
    """The request in `body`. Raises: Refused."""
    try:
        request = ChatRequest.model_validate_json(body)
    except ValidationError as error:
        raise Refused(first_problem(error)) from None
    check(request)
    return _composed(request)


def _composed(request: ChatRequest) -> ChatAsked:
    most = request.max_completion_tokens or request.max_tokens
    spoken = [message for message in request.messages if not _instructs(message)]
    told = [message.text for message in request.messages if _instructs(message)]
    stop = request.stop or []
    return ChatAsked(
        model=request.model,
        max_tokens=UNBOUNDED if most is None else most,
        messages=list(_turns(spoken)) or [Message(role="user", content="")],
        system="\n\n".join(told),
        stream=bool(request.stream),
        tools=[
            Tool(name=tool.function.name, input_schema=tool.function.parameters)
            for tool in request.tools or ()
        ],
        stop_sequences=[stop] if isinstance(stop, str) else stop,
        output_config=_form(request),
        thinking=Disabled(type="disabled") if request.reasoning_effort == "none" else None,
        tool_choice=_choice(request),
        tells_usage=bool(request.stream_options and request.stream_options.include_usage),
    )


def _instructs(message: ChatMessage) -> bool:
    return message.role in ("system", "developer")


def _turns(messages: list[ChatMessage]) -> Iterator[Message]:
    for role, group in groupby(messages, key=lambda message: message.role):
        if role in ("tool", "function"):
            yield Message(role="user", content=[_result(message) for message in group])
            continue
        for message in group:
            yield _turn(message)


def _result(message: ChatMessage) -> Block:
    return Block.model_validate(
        {"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.text}
    )


def _turn(message: ChatMessage) -> Message:
    blocks = [Block(type="text", text=message.text)] if message.text else []
    blocks += [
        Block.model_validate({"type": "tool_use", "id": call.id, "name": call.function.name})
        for call in message.tool_calls or ()
    ]
    role = "assistant" if message.role == "assistant" else "user"
    return Message(role=role, content=blocks)


def _form(request: ChatRequest) -> OutputConfig | None:
    form = request.response_format
    if form is None or form.type == "text":
        return None
    schema = form.json_schema.schema_ if form.json_schema else {"type": "object"}
    return OutputConfig(format={"type": "json_schema", "schema": schema})


def _choice(request: ChatRequest) -> ToolChoice | None:
    single = True if request.parallel_tool_calls is False else None
    choice = request.tool_choice
    if isinstance(choice, NamedTool):
        name = choice.function.name
        return ToolChoice(type="tool", name=name, disable_parallel_tool_use=single)
    if choice is None and single is None:
        return None
    if choice == "none":
        return ToolChoice(type="none")
    return ToolChoice(
        type="any" if choice == "required" else "auto", disable_parallel_tool_use=single
    )
