"""Checking a flow file without any Penstock."""

from __future__ import annotations

from pathlib import Path

from cli.arguments import read_flow
from cli.outcome import ExitCode, put
from shared.flow import Flow, Invalid, parse

_MOST_NODES = 8


def validate(path: Path) -> ExitCode:
    """Prints the order a flow runs in, or every problem it has. Raises: CommandError."""
    match parse(read_flow(path)):
        case Flow() as flow:
            put(f"{path}: {len(flow.steps)} steps, in this order:")
            for step in flow.steps:
                put(f"  {step.number}  {step.kind}  {step.node}")
            if flow.variables:
                put(f"variables to give with --var: {', '.join(sorted(flow.variables))}")
            return ExitCode.DONE
        case Invalid(problems):
            for problem in problems:
                nodes = ", ".join(problem.nodes[:_MOST_NODES])
                put(f"{path}: {problem.code}: {problem.message}" + (f" [{nodes}]" if nodes else ""))
            return ExitCode.REFUSED
