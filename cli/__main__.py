"""`penstock` and `python -m cli`: one line for every failure, never a stack trace."""

from __future__ import annotations

import sys
from types import TracebackType

from cli.commands import root
from cli.printing import guard, say


def main() -> None:
    """Runs the command that the arguments name. Raises: SystemExit, see `ExitCode`."""
    guard()
    sys.excepthook = _report
    root()(prog_name="penstock")


def _report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    place = ""
    while trace is not None:
        place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    say(f"penstock: unexpected {kind.__name__}: {error}{place}")
    say("This is a fault of penstock's, not yours; the line above is what to report.")


if __name__ == "__main__":
    main()
