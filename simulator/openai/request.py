"""The body of `POST /v1/chat/completions`, held against its types.

Source: the type CompletionCreateParams of the SDK; the last fields are those of other servers.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Json: TypeAlias = dict[str, object]
Count: TypeAlias = Annotated[int, Field(ge=1)]
Name: TypeAlias = Annotated[str, StringConstraints(min_length=1)]
FunctionName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class _Closed(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class _Open(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")


class Part(_Open):
    """A part of a message's content."""

    type: Literal["text", "image_url", "input_audio", "file", "refusal"]
    text: str | None = None


class CalledFunction(_Open):
    """Which function a call is of, and its arguments as the model wrote them."""

    name: str
    arguments: str


class ToolCall(_Open):
    """A call that an assistant made."""

    id: Name
    type: Literal["function"]
    function: CalledFunction


class ChatMessage(_Open):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        return "".join(part.text or "" for part in self.content if part.type == "text")


class OfferedFunction(_Closed):
    """A function the model may call."""

    name: FunctionName
    description: str | None = None
    parameters: Json = Field(default_factory=dict)
    strict: bool | None = None


class OfferedTool(_Closed):
    """A tool the request offers."""

    type: Literal["function"]
    function: OfferedFunction


class NamedFunction(_Closed):
    name: str


class NamedTool(_Closed):
    """The one tool that must be called."""

    type: Literal["function"]
    function: NamedFunction


class StreamOptions(_Closed):
    """What a stream tells besides the answer."""

    include_usage: bool = False
    include_obfuscation: bool | None = None


class SchemaFormat(_Closed):
    """The schema that the answer is to fit."""

    name: FunctionName
    description: str | None = None
    schema_: Annotated[Json, Field(alias="schema")] = Field(default_factory=dict)
    strict: bool | None = None


class ResponseFormat(_Closed):
    """The form of the answer."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: SchemaFormat | None = None


class ChatRequest(_Closed):
    """All fields; those that change nothing here are only held against their types."""

    model: Name
    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    max_completion_tokens: Count | None = None
    max_tokens: Count | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = None
    parallel_tool_calls: bool | None = None
    reasoning_effort: Effort | None = None
    response_format: ResponseFormat | None = None
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    tools: Annotated[list[OfferedTool], Field(max_length=128)] | None = None

    audio: Json | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    logit_bias: Json | None = None
    logprobs: bool | None = None
    metadata: Json | None = None
    modalities: list[str] | None = None
    moderation: Json | None = None
    prediction: Json | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: Json | None = None
    prompt_cache_retention: str | None = None
    safety_identifier: str | None = None
    seed: int | None = None
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast"] | None = None
    store: bool | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    user: str | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    web_search_options: Json | None = None

    chat_template_kwargs: Json | None = None
    keep_alive: object = None
    models: list[str] | None = None
    options: Json | None = None
    provider: Json | None = None
    reasoning: Json | None = None
    think: object = None
    top_k: int | None = None
    usage: Json | None = None
