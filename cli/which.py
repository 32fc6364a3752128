"""Which one is meant: by its name, its whole id, or a beginning that only one has."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeVar

from penstock_client import Penstock, Run

from cli.outcome import CommandError
from cli.printing import words_of
from cli.program import program
from cli.run_filter_options import chosen_options
from cli.times import age

_WHOLE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_BEGINNING = re.compile(r"[0-9a-fA-F-]{1,36}", re.ASCII)
_SHOWN = 10


class _Listed(Protocol):
    @property
    def id(self) -> str: ...


class Kind(NamedTuple):
    """What one is called, and the command that lists them."""

    word: str
    see: str


T = TypeVar("T", bound=_Listed)


def the_only(
    known: Sequence[T],
    given: str,
    kind: Kind,
    name: Callable[[T], str],
    *,
    by_beginning: bool = False,
) -> T:
    """The only one of this name, or else the one whose id begins so, or name too, `by_beginning`.

    Raises: CommandError, which tells who has to choose what there is.
    """
    lower = given.casefold()

    def begins(each: T) -> bool:
        return each.id.startswith(lower) or (
            by_beginning and name(each).casefold().startswith(lower)
        )

    named = [each for each in known if name(each) == given] or [
        each for each in known if name(each).casefold() == lower and not by_beginning
    ]
    found = named or [each for each in known if given and begins(each)]
    if len(found) == 1:
        return found[0]
    hint = f"See: {program()} {kind.see}"
    if not found:
        raise CommandError(f"No {kind.word} here is called {given!r}, or begins so.", hint)
    shown = "\n".join(f"  {each.id}  {name(each)}".rstrip() for each in found[:_SHOWN])
    raise CommandError(
        f"{len(found)} {kind.word}s are called {given!r}, or begin so; give an id:", shown
    )


async def which_run(client: Penstock, given: str | None, *, last: bool = False) -> str:
    """The id of the run that is meant. Raises: CommandError, PenstockError."""
    if options := chosen_options():
        named = ", ".join(f"--{name}" for name in options)
        raise CommandError(f"{named}: for many runs; say --all to mean all that are like that.")
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
    if is_beginning(given):
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
    shown = "\n".join(f"  {run.run_id}  {label_of(run)}" for run in found[:_SHOWN])
    raise CommandError(f"{count} runs have ids that begin with {given!r}; give more of it:", shown)


def is_beginning(given: str) -> bool:
    """Whether an id may begin so; what cannot be one is not asked for."""
    dashes = {index for index, character in enumerate(given) if character == "-"}
    places = {place for place in (8, 13, 18, 23) if place < len(given)}
    return bool(_BEGINNING.fullmatch(given)) and dashes == places


def label_of(run: Run) -> str:
    """How a run stands, how old it is and what it is about, in a few words."""
    what = words_of(run.pipeline_name or run.input_preview)[:40]
    return f"{run.status}  {age(run.created_at)}  {what}".rstrip()
