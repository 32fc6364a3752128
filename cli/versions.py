"""Versions and aliases of a pipeline on the terminal: listed, compared, named, restored."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence

from penstock_client import Alias, Change, FlowDiff, Version
from rich.text import Text

from cli.definitions import which_deleted, which_pipeline
from cli.outcome import CommandError, ExitCode
from cli.printing import one_line, put, say, words_of
from cli.program import program
from cli.session import Session
from cli.tables import Cell, Column, print_table, print_text
from cli.times import age

_LONGEST_HASH = 12
_VERSIONS = (
    Column("version", right=True),
    Column("hash"),
    Column("aliases", style="bold"),
    Column("made", right=True),
    Column("by", shrinks=True),
    Column("name", style="bold", shrinks=True),
    Column("note", flexible=True),
)
_ALIASES = (
    Column("alias", style="bold"),
    Column("version", right=True),
    Column("set", right=True),
    Column("by", shrinks=True),
)


async def list_versions(session: Session, *, given: str, as_json: bool) -> ExitCode:
    """Prints all versions, newest first, with the aliases that name each."""
    async with session.client() as client:
        pipeline = await which_pipeline(client, given)
        found = [each async for each in client.pipelines.versions(pipeline.id)]
        aliases = [each async for each in client.pipelines.aliases(pipeline.id)]
    if as_json:
        for each in found:
            put(each.model_dump_json(exclude={"flow"}))
        return ExitCode.DONE
    print_table(_VERSIONS, [_version(each, aliases) for each in found])
    return ExitCode.DONE


def _version(each: Version, aliases: Sequence[Alias]) -> list[Cell]:
    named = ", ".join(alias.alias for alias in aliases if alias.number == each.number)
    made_by, name, note = (words_of(text or "") for text in (each.made_by, each.name, each.note))
    shown = one_line(each.version[:_LONGEST_HASH])
    return [str(each.number), shown, named, age(each.created_at), made_by, name, note]


async def name_version(
    session: Session, *, given: str, version: str, name: str | None, note: str | None
) -> ExitCode:
    """Gives the version a name or a note. Raises: CommandError if there is neither."""
    if name is None and note is None:
        raise CommandError("expected a NAME or --note, got neither.")
    async with session.client() as client:
        pipeline = await which_pipeline(client, given)
        named = await client.pipelines.name_version(pipeline.id, version, name, note)
    words = ": ".join(words_of(each) for each in (named.name, named.note) if each)
    put(f"version {named.number} of {words_of(pipeline.name)}  {words}".rstrip())
    return ExitCode.DONE


async def restore(session: Session, *, given: str, version: str | None) -> ExitCode:
    """Makes the version the newest again; without one, brings a deleted pipeline back."""
    async with session.client() as client:
        if version is None:
            back = await client.pipelines.restore((await which_deleted(client, given)).id)
            put(f"{back.id}  {words_of(back.name)} restored")
            return ExitCode.DONE
        pipeline = await which_pipeline(client, given)
        saved = await client.pipelines.restore_version(pipeline.id, version)
    if saved.version_number == pipeline.version_number:
        say(f"That is what version {saved.version_number}, the newest, has.")
    put(f"version {saved.version_number} of {words_of(saved.name)}")
    return ExitCode.DONE


async def list_aliases(session: Session, *, given: str, as_json: bool) -> ExitCode:
    """Prints the aliases of the pipeline by their names."""
    async with session.client() as client:
        pipeline = await which_pipeline(client, given)
        found = [each async for each in client.pipelines.aliases(pipeline.id)]
    if as_json:
        for each in found:
            put(each.model_dump_json())
    elif not found:
        say(f"No alias yet. Set one: {program()} pipelines alias {pipeline.id} prod VERSION")
    else:
        rows: list[list[Cell]] = [
            [one_line(a.alias), str(a.number), age(a.updated_at), words_of(a.made_by)]
            for a in found
        ]
        print_table(_ALIASES, rows)
    return ExitCode.DONE


async def set_alias(session: Session, *, given: str, alias: str, version: str | None) -> ExitCode:
    """Has the alias name the version, the newest if none is given, and says what it named."""
    async with session.client() as client:
        pipeline = await which_pipeline(client, given)
        before = {each.alias: each.number async for each in client.pipelines.aliases(pipeline.id)}
        meant = version or str(pipeline.version_number)
        now = await client.pipelines.set_alias(pipeline.id, alias, meant)
    was = f", before {before[alias]}" if before.get(alias, now.number) != now.number else ""
    put(f"{now.alias} is version {now.number} of {words_of(pipeline.name)}{was}")
    return ExitCode.DONE


async def remove_alias(
    session: Session, *, given: str, alias: str, version: str | None
) -> ExitCode:
    """Removes the alias. Raises: CommandError if a version is given too."""
    if version is not None:
        raise CommandError(f"expected an alias alone with --remove, got version {version!r} too.")
    async with session.client() as client:
        pipeline = await which_pipeline(client, given)
        await client.pipelines.remove_alias(pipeline.id, alias)
    put(f"{one_line(alias)} removed from {words_of(pipeline.name)}")
    return ExitCode.DONE


async def show_diff(
    session: Session, *, given: str, version: str | None, against: str | None, as_json: bool
) -> ExitCode:
    """Prints what the version changed, node by node."""
    async with session.client() as client:
        pipeline = await which_pipeline(client, given)
        meant = version or str(pipeline.version_number)
        found = await client.pipelines.diff(pipeline.id, meant, against)
        if as_json:
            put(found.model_dump_json())
            return ExitCode.DONE
        lines = list(_diff(found))
    if not lines:
        say(f"Nothing differs between versions {found.old.number} and {found.new.number}.")
    for line in lines:
        print_text(line)
    return ExitCode.DONE


def _diff(found: FlowDiff) -> Iterator[Text]:
    for node in found.nodes.removed:
        yield Text(f"- {_node(node)}", style="red")
    for node in found.nodes.added:
        yield Text(f"+ {_node(node)}", style="green")
    for changed in found.nodes.changed:
        yield Text(f"~ node {one_line(changed.id)}", style="bold")
        for change in changed.changes:
            yield Text(f"    {one_line(change.path)}", style="dim")
            yield from _values(change)
    for edge in found.edges.removed:
        yield Text(f"- {_edge(edge)}", style="red")
    for edge in found.edges.added:
        yield Text(f"+ {_edge(edge)}", style="green")
    if found.is_reordered:
        yield Text("~ nodes or edges come in another order", style="bold")


def _node(node: object) -> str:
    read = node if isinstance(node, Mapping) else {}
    data = read.get("data")
    label = data.get("label") if isinstance(data, Mapping) else None
    named = f" {words_of(label)!r}" if isinstance(label, str) and label.strip() else ""
    return one_line(f"node {read.get('id')} ({read.get('type')}){named}")


def _edge(edge: object) -> str:
    read = edge if isinstance(edge, Mapping) else {}
    branch = f" by {read['sourceHandle']}" if read.get("sourceHandle") else ""
    return one_line(f"edge {read.get('source')} → {read.get('target')}{branch}")


def _values(change: Change) -> Iterator[Text]:
    """Texts line by line, with what stays between left out; other values as JSON."""
    old = _lines(change.old) if change.op != "add" else []
    new = _lines(change.new) if change.op != "remove" else []
    for line in difflib.ndiff(old, new):
        if line[:2] in ("- ", "+ "):
            style = "red" if line[0] == "-" else "green"
            yield Text(f"      {one_line(line)}", style=style)


def _lines(value: object) -> list[str]:
    if isinstance(value, str):
        return value.split("\n")
    return [json.dumps(value, ensure_ascii=False)]
