"""How a command ends: one exit code for each outcome, one line and a hint for each failure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum


class ExitCode(IntEnum):
    """What the shell is told.

    0 done, or the run completed; 1 the run failed; 2 refused: wrong usage, bad flow, unknown run;
    3 the run was cancelled; 4 Penstock is not reachable; 130 interrupted with Ctrl-C.
    """

    DONE = 0
    FAILED = 1
    REFUSED = 2
    CANCELLED = 3
    UNAVAILABLE = 4
    INTERRUPTED = 130


OF_RUN: Mapping[str, ExitCode] = {
    "completed": ExitCode.DONE,
    "failed": ExitCode.FAILED,
    "cancelled": ExitCode.CANCELLED,
}


class CommandError(Exception):
    """A command cannot go on: what is wrong, and what to do about it."""

    def __init__(self, message: str, hint: str = "", *, code: ExitCode = ExitCode.REFUSED) -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code
