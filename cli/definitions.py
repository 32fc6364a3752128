"""Pipelines and agents of the workspace: the lists, and which pipeline is meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from penstock_client import Agent, Penstock, Pipeline
from rich.text import Text

from cli.outcome import CommandError, ExitCode
from cli.printing import one_line, put, say, words_of
from cli.program import program
from cli.session import Session
from cli.tables import Cell, Column, print_table, short_ids
from cli.times import age
from cli.which import is_whole

T = TypeVar("T", Agent, Pipeline)

_SHOWN = 10
_WIDE = 100
_PIPELINES = (
    Column("pipeline", style="bold", shrinks=True),
    Column("id"),
    Column("revision", right=True),
    Column("changed", right=True),
    Column("", flexible=True),
)
_AGENTS = (
    Column("agent", style="bold", shrinks=True),
    Column("id"),
    Column("model"),
    Column("changed", right=True),
    Column("instructions", flexible=True, style="dim"),
)


async def list_pipelines(session: Session, *, as_json: bool) -> ExitCode:
    """Prints all pipelines, newest first; one that cannot run with why."""
    async with session.client() as client:
        found = [each async for each in client.pipelines.list()]
    nothing = f"No pipelines yet. A flow file runs without one: {program()} run FLOW.json"
    return _print_all(_PIPELINES, found, _pipeline, nothing, as_json=as_json)


async def list_agents(session: Session, *, as_json: bool) -> ExitCode:
    """Prints all agents, newest first, with what they are told to do."""
    async with session.client() as client:
        found = [each async for each in client.agents.list()]
    nothing = "No agents yet; a flow may also hold its agents itself. See POST /api/v1/agents."
    return _print_all(_AGENTS, found, _agent, nothing, as_json=as_json)


def _print_all(
    columns: Sequence[Column],
    found: Sequence[T],
    row: Callable[[T, str], list[Cell]],
    nothing: str,
    *,
    as_json: bool,
) -> ExitCode:
    """A table of them, or the word that there is nothing; or JSON, one value a line."""
    if as_json:
        for each in found:
            put(each.model_dump_json(exclude_unset=True))
    elif not found:
        say(nothing)
    else:
        ids = short_ids([each.id for each in found], unless_wider=_WIDE)
        print_table(columns, [row(each, ids[each.id]) for each in found])
    return ExitCode.DONE


async def which_pipeline(client: Penstock, given: str) -> Pipeline:
    """The pipeline of this id or name, or the only one whose begins so. Raises: CommandError."""
    if is_whole(given):
        return await client.pipelines.get(given)
    everyone = [each async for each in client.pipelines.list()]
    named = [each for each in everyone if each.name == given]
    lower = given.casefold()
    begin = [
        each
        for each in everyone
        if each.id.startswith(lower) or each.name.casefold().startswith(lower)
    ]
    found = named or begin
    if len(found) == 1:
        return found[0]
    if not found:
        raise CommandError(
            f"No pipeline here is called {given!r}, or begins so.", f"See: {program()} pipelines"
        )
    raise CommandError(
        f"{len(found)} pipelines are called {given!r}, or begin so; give an id:", _listed(found)
    )


def _listed(found: Sequence[Pipeline]) -> str:
    return "\n".join(f"  {each.id}  {each.name}" for each in found[:_SHOWN])


def _pipeline(each: Pipeline, shown_id: str) -> list[Cell]:
    problems = len(each.problems)
    word = "problem" if problems == 1 else "problems"
    told = Text(f"cannot run: {problems} {word}" if problems else "", style="red")
    if problems:
        told.append(one_line(f", {each.problems[0].message}"))
    return [words_of(each.name), shown_id, str(each.revision), age(each.updated_at), told]


def _agent(each: Agent, shown_id: str) -> list[Cell]:
    model = each.model or ""
    return [words_of(each.name), shown_id, model, age(each.updated_at), words_of(each.instructions)]
