"""Calls of tools that programs of users answer, as a worker makes them: a core request each."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

Unanswered: TypeAlias = Literal["nobody", "silence", "too_large"]
"""Nobody serves the tool; no answer came in time; the log carries no call so large."""


class ToolCalls(Protocol):
    """Every call may raise Unavailable."""

    async def ask(
        self, workspace: str, name: str, call: bytes, seconds: float
    ) -> bytes | Unanswered:
        """What the first of those who serve the tool answers to `call` within so many seconds.

        One of them has it, none if nobody serves the tool. With `silence`, and where it is
        cancelled, the call may have been carried out. Unavailable: nobody was asked.
        """
        ...
