"""Which run is meant: by its whole id, by a beginning that only one has, or the last one."""

from __future__ import annotations

import re

from penstock_client import Penstock, Run

from cli.outcome import CommandError
from cli.program import program
from cli.times import age

_WHOLE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_BEGINNING = re.compile(r"[0-9a-fA-F-]{1,36}", re.ASCII)
_SHOWN = 10


async def which_run(client: Penstock, given: str | None, *, last: bool = False) -> str:
    """The id of the run that is meant. Raises: CommandError, PenstockError."""
    if last:
        if given is not None:
            raise CommandError(f"expected a run or --last, came both: {given!r} and --last.")
        async for run in client.runs.list(page_size=1):
            return run.run_id
        raise CommandError("There is no run yet.", start_hint())
    if given is None:
        raise CommandError(
            "Which run? Give its id or the beginning of it, or --last.", f"See: {program()} runs"
        )
    return given if is_whole(given) else await _beginning_with(client, given)


def is_whole(given: str) -> bool:
    """Whether it is an id, as a run or a pipeline has one."""
    return bool(_WHOLE.fullmatch(given))


def start_hint() -> str:
    """How to start a run."""
    return f"Start one: {program()} run FLOW.json --input TEXT"


async def _beginning_with(client: Penstock, given: str) -> str:
    found: list[Run] = []
    if _is_beginning(given):
        async for run in client.runs.list(id_prefix=given.lower(), page_size=_SHOWN + 1):
            found.append(run)
            if len(found) > _SHOWN:
                break
    if len(found) == 1:
        return found[0].run_id
    if not found:
        raise CommandError(
            f"No run here has an id that begins with {given!r}.", f"See: {program()} runs"
        )
    count = f"More than {_SHOWN}" if len(found) > _SHOWN else len(found)
    shown = "\n".join(f"  {_told(run)}" for run in found[:_SHOWN])
    raise CommandError(f"{count} runs have ids that begin with {given!r}; give more of it:", shown)


def _is_beginning(given: str) -> bool:
    """Whether an id may begin so; what cannot be one is not asked for."""
    dashes = {index for index, character in enumerate(given) if character == "-"}
    places = {place for place in (8, 13, 18, 23) if place < len(given)}
    return bool(_BEGINNING.fullmatch(given)) and dashes == places


def _told(run: Run) -> str:
    what = " ".join((run.pipeline_name or run.input_preview).split())[:40]
    return f"{run.run_id}  {run.status}  {age(run.created_at)}  {what}".rstrip()
