"""Pipelines and agents of the workspace: the lists, and which pipeline is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from penstock_client import Agent, Penstock, Pipeline
from rich.text import Text

from cli.outcome import ExitCode
from cli.printing import one_line, words_of
from cli.program import program
from cli.session import Session
from cli.tables import Cell, Column, print_all
from cli.times import age
from cli.which import Kind, is_whole, the_only

_KIND = Kind("pipeline", "pipelines")
_PIPELINES = (
    Column("pipeline", style="bold", shrinks=True),
    Column("id"),
    Column("version", right=True),
    Column("changed", right=True),
    Column("tags", style="dim", shrinks=True),
    Column("", flexible=True),
)
_AGENTS = (
    Column("agent", style="bold", shrinks=True),
    Column("id"),
    Column("model"),
    Column("changed", right=True),
    Column("instructions", flexible=True, style="dim"),
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which of a list are wanted: with all these tags, with this text in their names."""

    tags: tuple[str, ...] = ()
    search: str = ""
    deleted: bool = False

    @property
    def is_narrow(self) -> bool:
        """Whether others may be there that are not wanted."""
        return bool(self.tags or self.search or self.deleted)


async def list_pipelines(session: Session, *, wanted: Wanted, as_json: bool) -> ExitCode:
    """Prints pipelines, newest first; one that cannot run with why."""
    nothing = f"No pipelines yet. A flow file runs without one: {program()} run FLOW.json"
    if wanted.is_narrow:
        nothing = f"No pipeline is like that; see all: {program()} pipelines"
    async with session.client() as client:
        found = client.pipelines.list(
            tags=wanted.tags, search=wanted.search, deleted=wanted.deleted
        )
        return await print_all(_PIPELINES, found, _pipeline, nothing, as_json=as_json)


async def list_agents(session: Session, *, as_json: bool) -> ExitCode:
    """Prints all agents, newest first, with what they are told to do."""
    nothing = "No agents yet; a flow may also hold its agents itself. See POST /api/v1/agents."
    async with session.client() as client:
        return await print_all(_AGENTS, client.agents.list(), _agent, nothing, as_json=as_json)


async def which_pipeline(client: Penstock, given: str) -> Pipeline:
    """The pipeline of this id or name, or the only one whose begins so. Raises: CommandError."""
    if is_whole(given):
        return await client.pipelines.get(given)
    return _meant([each async for each in client.pipelines.list()], given)


async def which_deleted(client: Penstock, given: str) -> Pipeline:
    """As `which_pipeline`, of those that were deleted. Raises: CommandError."""
    deleted = [each async for each in client.pipelines.list(deleted=True)]
    return _meant(deleted, given, Kind("deleted pipeline", "pipelines --deleted"))


def _meant(known: Sequence[Pipeline], given: str, kind: Kind = _KIND) -> Pipeline:
    return the_only(known, given, kind, lambda each: each.name, by_beginning=True)


def _pipeline(each: Pipeline, shown_id: str) -> list[Cell]:
    problems = len(each.problems)
    word = "problem" if problems == 1 else "problems"
    told = Text(f"cannot run: {problems} {word}" if problems else "", style="red")
    if each.deleted_at:
        told = Text(f"deleted {age(each.deleted_at)} ago")
    elif problems:
        told.append(one_line(f", {each.problems[0].message}"))
    tags = words_of(", ".join(each.tags))
    version = str(each.version_number or "")
    return [words_of(each.name), shown_id, version, age(each.updated_at), tags, told]


def _agent(each: Agent, shown_id: str) -> list[Cell]:
    model = each.model or ""
    return [words_of(each.name), shown_id, model, age(each.updated_at), words_of(each.instructions)]
