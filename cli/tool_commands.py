"""`penstock tool`, as typer reads it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.session import perform

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Create, list, change and call the tools that a workspace's agents have by their names.",
)

Named = Annotated[
    str, typer.Argument(metavar="TOOL", help="Its name or id, or the beginning of one.")
]
File = Annotated[
    Path, typer.Option("--file", "-f", metavar="FILE", help="Its definition, JSON; - for stdin.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one value a line.")]


@app.command("list")
def list_tools(
    tag: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="Only those with it; may be repeated.")
    ] = None,
    search: Annotated[
        str, typer.Option(metavar="TEXT", help="Only those with this in their names.")
    ] = "",
    deleted: Annotated[
        bool, typer.Option("--deleted", help="Those that can be restored, instead.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List tools, newest first."""
    from cli.definitions import Wanted
    from cli.tools import list_tools

    wanted = Wanted(tags=tuple(tag or ()), search=search, deleted=deleted)
    perform(partial(list_tools, wanted=wanted, as_json=as_json))


@app.command("get")
def get_tool(tool: Named) -> None:
    """Print the definition of a tool, to be changed and given to `update`."""
    from cli.tools import show_tool

    perform(partial(show_tool, given=tool))


@app.command("create")
def create_tool(file: File, as_json: Json = False) -> None:
    """Keep a new tool."""
    from cli.tools import create_tool

    perform(partial(create_tool, path=file, as_json=as_json))


@app.command("update")
def update_tool(tool: Named, file: File, as_json: Json = False) -> None:
    """Replace a tool; runs that began keep the one they began with."""
    from cli.tools import update_tool

    perform(partial(update_tool, given=tool, path=file, as_json=as_json))


@app.command("delete")
def delete_tool(tool: Named) -> None:
    """Delete a tool; for 30 days it can be restored."""
    from cli.tools import delete_tool

    perform(partial(delete_tool, given=tool))


@app.command("restore")
def restore_tool(tool: Named) -> None:
    """Restore a deleted tool."""
    from cli.tools import restore_tool

    perform(partial(restore_tool, given=tool))


@app.command("call")
def call_tool(
    tool: Named,
    arguments: Annotated[
        str,
        typer.Option("--json", "--input", metavar="JSON|@FILE|-", help="The arguments, an object."),
    ] = "{}",
    as_json: Annotated[bool, typer.Option("--whole", help="Print all of the result, as JSON.")] = (
        False
    ),
) -> None:
    """Have a worker call a tool once, and print what a model would be told."""
    from cli.tools import call_tool

    perform(partial(call_tool, given=tool, arguments=arguments, as_json=as_json))
