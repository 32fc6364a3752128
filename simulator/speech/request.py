"""A request to the Messages API: read, validated and answered for as the real one does.

Any model name is taken. The input of a request is the text of its first user message: what comes
after it (answers so far, results of tools, a plea to go on) is the course of the same work.
"""

import json
import re
from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from simulator.speech.demands import CacheControl, OutputConfig, Thinking, ToolChoice

Json: TypeAlias = dict[str, object]
Name: TypeAlias = Annotated[str, StringConstraints(min_length=1)]

BLOCKS = frozenset(
    {
        "text",
        "image",
        "document",
        "search_result",
        "thinking",
        "redacted_thinking",
        "tool_use",
        "tool_result",
        "server_tool_use",
        "web_search_tool_result",
        "web_fetch_tool_result",
        "code_execution_tool_result",
        "bash_code_execution_tool_result",
        "text_editor_code_execution_tool_result",
        "tool_search_tool_result",
        "container_upload",
    }
)
_VERSION = re.compile(r"claude-[a-z]+-(\d{1,2})(?:-(\d{1,2}))?(?:-|$)")
_WORDINGS = {
    "missing": "Field required",
    "extra_forbidden": "Extra inputs are not permitted",
    "string_type": "Input should be a valid string",
    "list_type": "Input should be a valid list",
}


class RequestError(ValueError):
    """A request the real API would answer with 400; the message is the API's."""


class Block(BaseModel):
    """A content block of the request: its type is known, its other fields pass."""

    model_config = ConfigDict(extra="allow")

    type: Name
    text: str | None = None
    content: object = None
    cache_control: CacheControl | None = None


class Message(BaseModel):
    """One turn of the conversation."""

    model_config = ConfigDict(extra="forbid")

    role: Literal["user", "assistant", "system"]
    content: str | list[Block]

    @property
    def blocks(self) -> list[Block]:
        if isinstance(self.content, str):
            return [Block(type="text", text=self.content)]
        return self.content

    @property
    def text(self) -> str:
        return "".join(block.text or "" for block in self.blocks if block.type == "text")


class Tool(BaseModel):
    """A tool the request offers: a client tool has a schema, a server tool a dated type."""

    model_config = ConfigDict(extra="allow")

    name: str = ""
    type: str = "custom"
    input_schema: Json = Field(default_factory=dict)
    cache_control: CacheControl | None = None


class MessagesRequest(BaseModel):
    """The body of `POST /v1/messages`, API version 2026-10-21."""

    model_config = ConfigDict(extra="forbid")

    model: Name
    max_tokens: Annotated[int, Field(ge=0)]
    messages: list[Message]
    system: str | list[Block] = ""
    stream: bool = False
    tools: list[Tool] = Field(default_factory=list)
    stop_sequences: list[str] = Field(default_factory=list)
    cache_control: CacheControl | None = None
    container: object = None
    diagnostics: Json | None = None
    inference_geo: str | None = None
    metadata: Json | None = None
    output_config: OutputConfig | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    speed: Literal["standard", "fast"] | None = None
    thinking: Thinking | None = None
    tool_choice: ToolChoice | None = None
    user_profile_id: str | None = None
    workspace_id: str | None = None

    @property
    def instructions(self) -> str:
        if isinstance(self.system, str):
            return self.system
        return "\n\n".join(block.text or "" for block in self.system)

    @property
    def thinks(self) -> bool:
        """Nothing was said against it."""
        return self.thinking is None or self.thinking.type in ("adaptive", "enabled")

    @property
    def shows_thinking(self) -> bool:
        """Thoughts are told in words, not by their signature alone."""
        return getattr(self.thinking, "display", None) != "omitted"

    @property
    def may_use_tools(self) -> bool:
        return self.tool_choice is None or self.tool_choice.type != "none"

    @property
    def input(self) -> str:
        return next(self._user_texts(), "")

    @property
    def user_text(self) -> str:
        """Every user message's text: where markers may stand."""
        return "\n\n".join(self._user_texts())

    @property
    def told(self) -> str:
        """The answer so far that this request asks to go on from, or what contains it."""
        last = self.messages[-1]
        if last.role == "assistant":
            return last.text if self.is_prefilled else ""
        texts = list(self._user_texts())
        return last.text if len(texts) > 1 else ""

    @property
    def is_prefilled(self) -> bool:
        """Ends with an assistant's text; a paused turn, which has server tools, does not count."""
        last = self.messages[-1]
        kinds = [block.type for block in last.blocks]
        is_paused = "server_tool_use" in kinds
        return last.role == "assistant" and kinds[-1:] == ["text"] and not is_paused

    @property
    def turn(self) -> int:
        """Which answer of the conversation this request asks for, the first being 1."""
        return 1 + sum(message.role == "assistant" for message in self.messages)

    @property
    def calls_at_once(self) -> bool:
        """Several tools may be called in one turn."""
        return not (self.tool_choice and self.tool_choice.disable_parallel_tool_use)

    @property
    def answer_schema(self) -> Json | None:
        """The JSON Schema that the answer is to fit, if any; it may stand in the instructions."""
        asked = self.output_config.format if self.output_config else None
        schema = asked.get("schema") if asked else _told_schema(self.instructions)
        return schema if isinstance(schema, dict) else None

    @property
    def all_results(self) -> list[str]:
        """What the client's tools answered to all turns, in order."""
        blocks = (block for message in self.messages for block in message.blocks)
        return [_result(block.content) for block in blocks if block.type == "tool_result"]

    @property
    def tool_results(self) -> list[str]:
        """What the client's tools answered to the last turn."""
        blocks = self.messages[-1].blocks
        return [_result(block.content) for block in blocks if block.type == "tool_result"]

    def _user_texts(self) -> Iterator[str]:
        return (m.text for m in self.messages if m.role == "user" and m.text)


def _told_schema(instructions: str) -> object:
    """What stands behind the last mention of a JSON Schema, if that is one."""
    _, said, told = instructions.rpartition("JSON Schema:\n")
    try:
        return json.loads(told) if said else None
    except ValueError:
        return None


def request_of(body: bytes) -> MessagesRequest:
    """The request in `body`.

    Raises: RequestError.
    """
    try:
        request = MessagesRequest.model_validate_json(body)
    except ValidationError as error:
        raise RequestError(_first_problem(error)) from None
    if not request.messages:
        raise RequestError("messages: at least one message is required")
    if request.messages[0].role == "assistant":
        raise RequestError("messages: first message must use the user role")
    for at, message in enumerate(request.messages):
        _check(message, f"messages.{at}")
    if request.is_prefilled and not _takes_prefill(request.model):
        raise RequestError(
            "This model does not support assistant message prefill. "
            "The conversation must end with a user message."
        )
    return request


def _check(message: Message, place: str) -> None:
    if not message.content and message.role == "user":
        raise RequestError(f"{place}: user messages must have non-empty content")
    if isinstance(message.content, str):
        return
    for at, block in enumerate(message.content):
        if block.type not in BLOCKS:
            raise RequestError(f"{place}.content.{at}: Input tag '{block.type}' is not known")
        if block.type == "text" and not block.text:
            raise RequestError(f"{place}: text content blocks must be non-empty")


def _takes_prefill(model: str) -> bool:
    """Models before 4.6, and those whose name says no version."""
    match = _VERSION.match(model)
    return match is None or (int(match[1]), int(match[2] or 0)) < (4, 6)


def _result(content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return " ".join(
        str(part["text"]) for part in content if isinstance(part, dict) and "text" in part
    )


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_context=False)[0]
    if problem["type"] == "json_invalid":
        return f"The request body is not valid JSON: {problem['msg'].partition(': ')[2]}"
    branches = {"str", "list[Block]"}
    place = ".".join(str(part) for part in problem["loc"] if part not in branches)
    return f"{place}: {_WORDINGS.get(problem['type'], problem['msg'])}" if place else problem["msg"]
