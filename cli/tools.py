"""Tools of the workspace on the terminal."""

from __future__ import annotations

import json
from pathlib import Path

from penstock_client import Penstock, Tool
from rich.text import Text

from cli.arguments import read_object, read_object_text
from cli.definitions import Wanted
from cli.outcome import ExitCode
from cli.printing import put, put_text, say, words_of
from cli.program import program
from cli.session import Session
from cli.tables import Cell, Column, print_all
from cli.times import age
from cli.which import Kind, is_whole, the_only

_WHAT = "the definition of a tool"
_DEFINITION = (
    "name",
    "description",
    "kind",
    "input_schema",
    "http",
    "mcp",
    "nats",
    "policy",
    "tags",
)
_TOOLS = (
    Column("tool", style="bold", shrinks=True),
    Column("id"),
    Column("kind"),
    Column("version", right=True),
    Column("changed", right=True),
    Column("description", flexible=True, style="dim"),
)


async def list_tools(session: Session, *, wanted: Wanted, as_json: bool) -> ExitCode:
    """Prints tools, newest first."""
    nothing = f"No tools yet. Make one: {program()} tool create --file TOOL.json"
    if wanted.is_narrow:
        nothing = f"No tool is like that; see all: {program()} tool list"
    async with session.client() as client:
        found = client.tools.list(tags=wanted.tags, search=wanted.search, deleted=wanted.deleted)
        return await print_all(_TOOLS, found, _tool, nothing, as_json=as_json)


async def show_tool(session: Session, *, given: str) -> ExitCode:
    """Prints the definition alone, so that it can be kept in a file."""
    async with session.client() as client:
        told = (await which_tool(client, given)).model_dump(exclude_unset=True, mode="json")
    shown = {name: told[name] for name in _DEFINITION if told.get(name)}
    put_text(json.dumps(shown, indent=2, ensure_ascii=False))
    return ExitCode.DONE


async def create_tool(session: Session, *, path: Path, as_json: bool) -> ExitCode:
    """Prints the id and the name of the new tool."""
    definition = read_object(path, _WHAT)
    async with session.client() as client:
        made = await client.tools.create(definition)
    return _put(made, as_json=as_json)


async def update_tool(session: Session, *, given: str, path: Path, as_json: bool) -> ExitCode:
    """Prints the id and the name that the tool has now."""
    definition = read_object(path, _WHAT)
    async with session.client() as client:
        tool = await which_tool(client, given)
        saved = await client.tools.update(tool.id, definition)
    return _put(saved, as_json=as_json)


async def delete_tool(session: Session, *, given: str) -> ExitCode:
    """Deletes the tool, and says how to have it back."""
    async with session.client() as client:
        tool = await which_tool(client, given)
        await client.tools.delete(tool.id)
    put(f"{tool.id}  {words_of(tool.name)} deleted")
    say(f"For 30 days it can be restored: {program()} tool restore {tool.id}")
    return ExitCode.DONE


async def restore_tool(session: Session, *, given: str) -> ExitCode:
    """Prints the id and the name of the tool that is back."""
    async with session.client() as client:
        tool = given
        if not is_whole(given):
            tool = _meant([each async for each in client.tools.list(deleted=True)], given).id
        back = await client.tools.restore(tool)
    return _put(back, as_json=False)


async def call_tool(session: Session, *, given: str, arguments: str, as_json: bool) -> ExitCode:
    """Prints what a model would be told; a call that did not succeed is a failure."""
    read = read_object_text(arguments, "--json", "the arguments")
    async with session.client() as client:
        tool = await which_tool(client, given)
        came = await client.tools.call(tool.id, read)
    if as_json:
        put(came.model_dump_json())
    else:
        put_text(came.output)
        code = f", {came.error.code}" if came.error else ""
        cut = "; there was more of the output" if came.cut else ""
        say(f"{words_of(came.outcome)}{code} after {came.seconds:g} s{cut}")
    return ExitCode.DONE if came.outcome == "ok" else ExitCode.FAILED


async def which_tool(client: Penstock, given: str) -> Tool:
    """The tool of this id or name, or the only one whose begins so. Raises: CommandError."""
    if is_whole(given):
        return await client.tools.get(given)
    return _meant([each async for each in client.tools.list()], given)


def _meant(known: list[Tool], given: str) -> Tool:
    kind = Kind("tool", "tool list")
    return the_only(known, given, kind, lambda each: each.name, by_beginning=True)


def _put(tool: Tool, *, as_json: bool) -> ExitCode:
    put(tool.model_dump_json() if as_json else f"{tool.id}  {words_of(tool.name)}")
    return ExitCode.DONE


def _tool(each: Tool, shown_id: str) -> list[Cell]:
    told = Text(words_of(each.description))
    if each.deleted_at:
        told = Text(f"deleted {age(each.deleted_at)} ago")
    version = str(each.version_number or "")
    return [
        words_of(each.name), shown_id, words_of(each.kind), version, age(each.updated_at), told,
    ]  # fmt: skip
