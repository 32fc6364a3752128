"""Parked runs on the terminal: which, why and what to do; one of them released, or ended."""

from __future__ import annotations

from penstock_client import ParkedRun
from rich.text import Text

from cli.outcome import ExitCode
from cli.printing import console, one_line, put, say
from cli.session import Session

_INDENT = "  "
_AFTER_RELEASE = ("parked", "silent")


async def list_parked(session: Session, *, limit: int, as_json: bool) -> ExitCode:
    """Prints each parked run with who parked it, why, and what may be done."""
    async with session.client() as client:
        found = await client.parked.list(limit=limit)
    for run in found.items:
        if as_json:
            put(run.model_dump_json())
        else:
            _show(run)
    if found.more:
        say(f"At least {found.more} more are parked.")
    if found.silent_partitions:
        numbers = ", ".join(map(str, found.silent_partitions))
        say(f"No scheduler is heard of for partitions {numbers}: what it parked is not shown.")
    if not found.items:
        say("No run is parked, as far as is known.")
    elif not as_json:
        say("Release one: penstock parked release RUN. End it: penstock parked end RUN")
    return ExitCode.DONE


async def release(session: Session, *, run_id: str, as_json: bool) -> ExitCode:
    """Has the run looked at again, and prints what came of it; code 1 if it is still parked."""
    async with session.client() as client:
        answer = await client.parked.release(run_id)
    if as_json:
        put(answer.model_dump_json())
    elif answer.status == "released":
        put(f"{run_id} released")
    else:
        put(f"{run_id} is still parked")
        for each in answer.by:
            if each.outcome in _AFTER_RELEASE:
                _print_indented(each.explanation)
    return ExitCode.DONE if answer.status == "released" else ExitCode.FAILED


async def end(session: Session, *, run_id: str, reason: str | None, as_json: bool) -> ExitCode:
    """Ends the run, and prints how it stands."""
    async with session.client() as client:
        answer = await client.parked.end(run_id, reason=reason)
    if as_json:
        put(answer.model_dump_json())
    else:
        put(f"{run_id} {answer.status}: {answer.message}")
    return ExitCode.DONE


def _show(run: ParkedRun) -> None:
    line = Text()
    line.append(one_line(run.run_id), style="bold")
    line.append(one_line(f"  {run.workspace}  since {run.since}"))
    console().print(line, soft_wrap=True)
    for each in run.by:
        _print_indented(f"{each.code}: {each.explanation}")
    put("")


def _print_indented(words: str) -> None:
    screen = console()
    for line in Text(one_line(words)).wrap(screen, screen.width - len(_INDENT)):
        put(_INDENT + line.plain.rstrip())
