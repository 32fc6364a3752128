"""Checking a flow file without any Penstock."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from cli.arguments import read_flow
from cli.outcome import ExitCode
from cli.printing import put
from shared.flow import Flow, Invalid, Offer, Problem, model_warnings_of, parse, warnings_of
from shared.models import capabilities

_MOST_NODES = 8


def validate(path: Path) -> ExitCode:
    """Prints the order a flow runs in, or every problem it has; warnings beside both.

    Raises: CommandError.
    """
    drawn, models = read_flow(path), partial(capabilities, at=datetime.now(UTC))
    for warning in (*warnings_of(drawn), *model_warnings_of(drawn, models)):
        put(f"{path}: warning: {_told(warning)}")
    match parse(drawn, offer=Offer(models)):
        case Flow() as flow:
            put(f"{path}: {len(flow.steps)} steps, in this order:")
            for step in flow.steps:
                put(f"  {step.number}  {step.kind}  {step.node}")
            if flow.variables:
                put(f"variables to give with --var: {', '.join(sorted(flow.variables))}")
            return ExitCode.DONE
        case Invalid(problems):
            for problem in problems:
                put(f"{path}: {_told(problem)}")
            return ExitCode.REFUSED


def _told(problem: Problem) -> str:
    nodes = ", ".join(problem.nodes[:_MOST_NODES])
    return f"{problem.code}: {problem.message}" + (f" [{nodes}]" if nodes else "")
