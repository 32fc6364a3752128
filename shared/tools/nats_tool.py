"""The definition of a tool that programs of users answer, as requests on NATS.

Its calls are sent to `tools.{workspace}.{name}` (shared/log/subjects.py); docs/reference/tools.md
has what stands in a call and in an answer.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from shared.tools.named_tool import SHAPE, CallableTool

LONGEST_SECONDS: Final = 3600
LARGEST_ANSWER: Final = 4 << 20


class NatsCall(BaseModel):
    """How long an answer may take, and how large it may be."""

    model_config = SHAPE

    timeout_seconds: Annotated[float, Field(ge=1, le=LONGEST_SECONDS, allow_inf_nan=False)] = 30
    largest_bytes: Annotated[int, Field(ge=1, le=LARGEST_ANSWER, strict=True)] = 1 << 20


class NatsTool(CallableTool):
    """A tool of kind `nats`."""

    kind: Literal["nats"]
    nats: NatsCall = NatsCall()
