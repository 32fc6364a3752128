"""What the api has a worker do with a tool outside of any run, and what came of it, as they say it.

A worker of another version may know of other errands: one it does not know ends in
`unknown_errand`.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from shared.errors import Corrupt

LARGEST_OUTPUT: Final = 128 << 10
"""Bytes of the output that is told; of a longer one the beginning is."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class CallErrand(_Said):
    """Call this tool with these arguments, the JSON text of an object.

    The key is the idempotency key of the call.
    """

    errand: Literal["call"] = "call"
    workspace: str
    idempotency_key: str
    tool: dict[str, JsonValue]
    input: str


class ListErrand(_Said):
    """Say what the server of this tool, of kind `mcp`, lists for the tools it chooses."""

    errand: Literal["list"] = "list"
    workspace: str
    tool: dict[str, JsonValue]


Errand: TypeAlias = Annotated[CallErrand | ListErrand, Field(discriminator="errand")]
ERRAND: TypeAdapter[Errand] = TypeAdapter(Errand)


class Fault(_Said):
    """Why it failed: a stable code, and a sentence."""

    code: str
    message: str


class CallOutcome(_Said):
    """What a call ended in; `cut`: there was more of the output. The call took `seconds`."""

    outcome: Literal["ok", "error", "unknown"]
    output: str
    error: Fault | None = None
    cut: bool = False
    seconds: float = 0.0


class ListOutcome(_Said):
    """What is pinned of each tool, or why nothing is."""

    listed: list[dict[str, JsonValue]] = []
    error: Fault | None = None


def listing_of(answer: bytes) -> ListOutcome:
    """The answer of a worker. Raises: Corrupt."""
    try:
        return ListOutcome.model_validate_json(answer)
    except ValidationError as error:
        raise Corrupt(f"expected what a server lists, got {answer[:200]!r}") from error


def outcome_of(answer: bytes) -> CallOutcome:
    """The answer of a worker. Raises: Corrupt."""
    try:
        return CallOutcome.model_validate_json(answer)
    except ValidationError as error:
        raise Corrupt(f"expected what a call of a tool ended in, got {answer[:200]!r}") from error
