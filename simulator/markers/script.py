"""A script: everything the markers of one request ask for, with defaults."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from simulator.markers.option import OPTIONS

DEFAULT_RATE = 40.0
DEFAULT_AFTER = 3
FAILURES = tuple(name for name, option in OPTIONS.items() if option.group == "failure")


class Script(BaseModel):
    """One value an option; None: not asked for. Durations are seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str | None = None
    echo: bool = False
    words: int | None = None
    unicode: bool = False
    results: bool = False
    clock: bool = False
    empty: bool = False
    chunks: int | None = None
    chunk: int | None = None
    blocks: int = 1
    thinking: int | None = None
    tool: str | None = None
    tool_input: str | None = None
    tool_count: int = 1
    tool_turns: int = 1
    whole_calls: bool = False
    again: bool = False
    search: str | None = None
    cites: str | None = None
    search_error: str | None = None
    fetch: str | None = None
    fetch_error: str | None = None
    unknown: bool = False
    misfit: Literal["value", "text"] | None = None
    reasoning: Literal["reasoning_content", "reasoning", "none"] = "reasoning_content"
    stop_reason: str | None = None
    category: str | None = None

    delay: float = 0.0
    sleep: float = 0.0
    rate: float = DEFAULT_RATE
    ping: float | None = None

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read: int | None = None
    cache_5m: int | None = None
    cache_1h: int | None = None
    thinking_tokens: int | None = None
    usage: Literal["none", "asked", "last", "always"] = "asked"

    status: int | None = None
    error: str | None = None
    stall: float | None = None
    cut: Literal["close", "reset", "before"] | None = None
    end: Literal["early", "no_delta", "no_stop"] | None = None
    broken_json: bool = False
    json_200: bool = False
    hold: bool = False
    odd: str | None = None
    silent: bool = False
    forever: bool = False

    after: int = DEFAULT_AFTER
    type: str | None = None
    message: str | None = None
    code: str | None = None
    param: str | None = None
    location: str | None = None
    retry_after: str | None = None
    retry_after_ms: int | None = None
    should_retry: bool | None = None

    @property
    def failure(self) -> str | None:
        """The name of the failure asked for, if any."""
        # By identity: a bare `stall` is 0.0, which equals False.
        values = ((name, getattr(self, name)) for name in FAILURES)
        return next((name for name, v in values if v is not None and v is not False), None)


def headers_of(script: Script) -> dict[str, str]:
    """The headers that a failure asks for."""
    headers = {
        "location": script.location,
        "retry-after": script.retry_after,
        "retry-after-ms": script.retry_after_ms,
        "x-should-retry": None if script.should_retry is None else str(script.should_retry).lower(),
    }
    return {name: str(value) for name, value in headers.items() if value is not None}
