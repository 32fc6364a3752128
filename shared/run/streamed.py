"""Facts of what a model says while it says it: kept for a while, and never in Postgres."""

from __future__ import annotations

from typing import Literal

from shared.run.content import Citation, Phase, ToolDetail
from shared.run.fact import ExecutionFact


class StepDelta(ExecutionFact):
    """A piece of answer text; `offset` counts code points from the start of the answer."""

    type: Literal["step.delta"] = "step.delta"
    offset: int
    text: str


class StepThinking(ExecutionFact):
    """A piece of the model's thinking, with an offset of its own."""

    type: Literal["step.thinking"] = "step.thinking"
    offset: int
    text: str


class StepTool(ExecutionFact):
    """A tool was called, answered or failed; `call` is the same for a call and what came of it."""

    type: Literal["step.tool"] = "step.tool"
    phase: Literal["call", "result", "error"]
    tool: str
    call: str = ""
    detail: ToolDetail = ToolDetail()


class StepCitation(ExecutionFact):
    """The model cited a source for the text before `offset`."""

    type: Literal["step.citation"] = "step.citation"
    offset: int
    citation: Citation


class StepProgress(ExecutionFact):
    """What the model call under way is at: told at each change, then every 5 s, kept a minute.

    `seconds` since the call began; `tokens` written in it, about, until the provider counts them.
    """

    type: Literal["step.progress"] = "step.progress"
    phase: Phase
    tokens: int = 0
    seconds: float = 0
