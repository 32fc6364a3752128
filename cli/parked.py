"""Parked runs on the terminal: which, why and what to do; one of them released, or ended."""

from __future__ import annotations

from penstock_client import ParkedRun, Penstock
from rich.text import Text

from cli.outcome import CommandError, ExitCode
from cli.printing import console, one_line, put, say
from cli.program import program
from cli.session import Session
from cli.tables import print_text
from cli.times import age
from cli.which import is_whole

_INDENT = "  "
_MOST = 200
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
        say(f"Release one: {program()} parked release RUN. End it: {program()} parked end RUN")
    return ExitCode.DONE


async def release(session: Session, *, run_id: str, as_json: bool) -> ExitCode:
    """Has the run looked at again, and prints what came of it; code 1 if it is still parked."""
    async with session.client() as client:
        run_id = await _parked_run(client, run_id)
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
        run_id = await _parked_run(client, run_id)
        answer = await client.parked.end(run_id, reason=reason)
    if as_json:
        put(answer.model_dump_json())
    else:
        put(f"{run_id} {answer.status}: {answer.message}")
    return ExitCode.DONE


def _show(run: ParkedRun) -> None:
    line = Text()
    line.append(one_line(run.run_id), style="bold")
    line.append(one_line(f"  {run.workspace}"))
    since = f"{age(run.since)} ago" if age(run.since) else run.since
    line.append(one_line(f"  parked {since}"), style="yellow")
    print_text(line)
    for each in run.by:
        _print_indented(f"{each.code}: {each.explanation}")
    put("")


async def _parked_run(client: Penstock, given: str) -> str:
    """The parked run that is meant: by its id, or a beginning that one parked run alone has."""
    if is_whole(given):
        return given
    found = (await client.parked.list(limit=_MOST)).items
    ids = [run.run_id for run in found if run.run_id.startswith(given.lower())]
    if len(ids) == 1:
        return ids[0]
    count = len(ids) or "No"
    raise CommandError(
        f"{count} parked runs have ids that begin with {given!r}.",
        "\n".join(f"  {each}" for each in ids[:10]) or f"See: {program()} parked",
    )


def _print_indented(words: str) -> None:
    screen = console()
    for line in Text(one_line(words)).wrap(screen, screen.width - len(_INDENT)):
        put(_INDENT + line.plain.rstrip())
