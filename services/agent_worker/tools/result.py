"""What a call of a tool ends in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolError:
    """Why a call failed: a stable code, and a sentence for the model and for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """`output` is what the model is told, with an error too; it holds no secret the call was made
    with. `cut`: there was more of it. `seconds` is how long the call took. A call that was lost
    ended as nobody knows."""

    outcome: Literal["ok", "error", "unknown"]
    output: str
    error: ToolError | None = None
    cut: bool = False
    seconds: float = 0.0


def failed(code: str, message: str, excerpt: str = "") -> ToolResult:
    """An error, with the beginning of what came behind its sentence."""
    output = f"{message}\n\n{excerpt}" if excerpt else message
    return ToolResult(
        outcome="error", output=output, error=ToolError(code=code, message=message), cut=False
    )
