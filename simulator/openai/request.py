"""A request of Chat Completions: read, validated, and said as one of the Messages API.

Any model name is taken. Source: OpenAI API reference, create chat completion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from simulator.demands import Disabled, ToolChoice
from simulator.request import Block, Message, MessagesRequest, Name, RequestError, Tool

Json: TypeAlias = dict[str, object]
DEFAULT_MAX_TOKENS = 4_096


def _arguments(given: object) -> object:
    """Arguments come as the text of an object."""
    return from_json(given) if isinstance(given, str) and given else {}


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: Name
    text: str = ""


class _Function(BaseModel):
    model_config = ConfigDict(extra="allow")

    name: Name
    arguments: Annotated[Json, BeforeValidator(_arguments)] = Field(default_factory=dict)
    parameters: Json = Field(default_factory=dict)


class _Call(BaseModel):
    id: Name
    type: Literal["function"]
    function: _Function


class _Tool(BaseModel):
    type: Literal["function"]
    function: _Function


class ChatMessage(BaseModel):
    """One message of the conversation."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[_Part] | None = None
    tool_calls: list[_Call] = Field(default_factory=list)
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content or ())


class _StreamOptions(BaseModel):
    model_config = ConfigDict(extra="allow")

    include_usage: bool = False


class ChatRequest(BaseModel):
    """The body of `POST /v1/chat/completions`, as far as an answer goes by it."""

    model_config = ConfigDict(extra="allow")

    model: Name
    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    stream: bool = False
    stream_options: _StreamOptions | None = None
    stop: str | list[str] | None = None
    tools: list[_Tool] = Field(default_factory=list)
    tool_choice: object = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = (
        None
    )

    @property
    def includes_usage(self) -> bool:
        """The stream ends with what was used."""
        return self.stream_options is not None and self.stream_options.include_usage

    def as_messages(self) -> MessagesRequest:
        """The same of the Messages API. Raises: RequestError."""
        stop = [self.stop] if isinstance(self.stop, str) else self.stop
        instructions = [m.text for m in self.messages if m.role in ("system", "developer")]
        off = Disabled(type="disabled") if self.reasoning_effort == "none" else None
        return MessagesRequest(
            model=self.model,
            max_tokens=self.max_completion_tokens or self.max_tokens or DEFAULT_MAX_TOKENS,
            messages=list(_turns(self.messages)),
            system="\n\n".join(instructions),
            stream=self.stream,
            stop_sequences=stop or [],
            tools=[
                Tool(name=t.function.name, input_schema=t.function.parameters) for t in self.tools
            ],
            tool_choice=ToolChoice(type="none") if self.tool_choice == "none" else None,
            thinking=off,
        )


def chat_request_of(body: bytes) -> ChatRequest:
    """The request in `body`. Raises: RequestError."""
    try:
        request = ChatRequest.model_validate_json(body)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, problem["loc"]))
        raise RequestError(f"Invalid value for '{place}': {problem['msg']}") from None
    if request.max_tokens is not None and request.max_completion_tokens is not None:
        raise RequestError(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        )
    _check_calls(request.messages)
    return request


def _check_calls(messages: Iterable[ChatMessage]) -> None:
    """Each result has its call before it, and each call its result. Raises: RequestError."""
    open_calls: set[str] = set()
    for message in messages:
        if message.role == "tool":
            if message.tool_call_id not in open_calls:
                raise RequestError(
                    "Invalid parameter: messages with role 'tool' must be a response to a "
                    "preceding message with 'tool_calls'."
                )
            open_calls.discard(message.tool_call_id)
        elif open_calls:
            break
        open_calls |= {call.id for call in message.tool_calls}
    if open_calls:
        missing = ", ".join(sorted(open_calls))
        raise RequestError(
            "An assistant message with 'tool_calls' must be followed by tool messages responding "
            f"to each 'tool_call_id'. The following ids did not have responses: {missing}"
        )


def _turns(messages: Iterable[ChatMessage]) -> Iterator[Message]:
    said = [m for m in messages if m.role not in ("system", "developer")]
    for is_result, group in groupby(said, key=lambda message: message.role == "tool"):
        if is_result:
            results = [
                Block.model_validate(
                    {"type": "tool_result", "tool_use_id": m.tool_call_id, "content": m.text}
                )
                for m in group
            ]
            yield Message(role="user", content=results)
            continue
        for message in group:
            yield _turn(message)


def _turn(message: ChatMessage) -> Message:
    if message.role == "user":
        return Message(role="user", content=message.text)
    calls = [
        Block.model_validate(
            {
                "type": "tool_use",
                "id": call.id,
                "name": call.function.name,
                "input": call.function.arguments,
            }
        )
        for call in message.tool_calls
    ]
    texts = [Block(type="text", text=message.text)] if message.text else []
    return Message(role="assistant", content=[*texts, *calls])
