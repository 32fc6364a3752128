"""Facts of the tools that a worker calls for a model: begun, and what came of it."""

from __future__ import annotations

from typing import Literal

from shared.run.content import Content, ToolFault
from shared.run.fact import ExecutionFact


class ToolCalled(ExecutionFact):
    """Call `index` (from 0) of turn `turn` is about to be made by this execution.

    `tool` is its name as the model knows it, `call_id` the provider's name of the call, `input`
    the JSON text of its arguments. The `idempotency_key` is the same for every execution.
    """

    type: Literal["tool.called"] = "tool.called"
    turn: int
    index: int
    tool: str
    call_id: str
    input: Content
    idempotency_key: str


class ToolReturned(ExecutionFact):
    """What came of a call, recorded once whoever made it; `output` is what the model is told.

    `unknown`: it was begun, its worker died, and nobody knows whether it was done. One that was
    refused before it was made has an error and no `tool.called`. `cut`: there was more output.
    """

    type: Literal["tool.returned"] = "tool.returned"
    turn: int
    index: int
    tool: str
    call_id: str
    outcome: Literal["ok", "error", "unknown"]
    output: Content
    error: ToolFault | None = None
    seconds: float = 0
    cut: bool = False
