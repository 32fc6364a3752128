"""`penstock pipelines` and what it does with one of them, as typer reads it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.completion import complete_pipelines
from cli.session import perform

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="List the pipelines that `run --pipeline` can name; see, compare and restore their "
    "versions, name them by aliases, take pipelines elsewhere.",
)

Named = Annotated[
    str,
    typer.Argument(
        metavar="PIPELINE",
        help="Its name or id, or the beginning of one.",
        autocompletion=complete_pipelines,
    ),
]
Version = Annotated[
    str | None, typer.Argument(metavar="VERSION", help="Its number or hash; the newest if none.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one value a line.")]


@app.callback()
def list_pipelines(
    context: typer.Context,
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
    """List pipelines, newest first."""
    if context.invoked_subcommand is not None:
        return
    from cli.definitions import Wanted, list_pipelines

    wanted = Wanted(tags=tuple(tag or ()), search=search, deleted=deleted)
    perform(partial(list_pipelines, wanted=wanted, as_json=as_json))


@app.command()
def versions(pipeline: Named, as_json: Json = False) -> None:
    """List versions, newest first, and the aliases that name them."""
    from cli.versions import list_versions

    perform(partial(list_versions, given=pipeline, as_json=as_json))


@app.command()
def diff(
    pipeline: Named,
    version: Version = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="Compare with this one, not the one before."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what a version changed that a run can notice."""
    from cli.versions import show_diff

    perform(partial(show_diff, given=pipeline, version=version, against=against, as_json=as_json))


@app.command()
def name(
    pipeline: Named,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Its number or hash.")],
    text: Annotated[
        str | None, typer.Argument(metavar="NAME", help="What it is called; '' for nothing.")
    ] = None,
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="What to know of it.")] = None,
) -> None:
    """Give a version a name and a note, for people."""
    from cli.versions import name_version

    perform(partial(name_version, given=pipeline, version=version, name=text, note=note))


@app.command()
def restore(pipeline: Named, version: Version = None) -> None:
    """Restore a deleted pipeline, or a VERSION as the newest."""
    from cli.versions import restore

    perform(partial(restore, given=pipeline, version=version))


@app.command()
def alias(
    pipeline: Named,
    alias: Annotated[
        str | None, typer.Argument(metavar="ALIAS", help="A name like prod; without it all.")
    ] = None,
    version: Version = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the alias.")] = False,
    as_json: Json = False,
) -> None:
    """List aliases, or have one name a version, for `run --alias`."""
    from cli.versions import list_aliases, remove_alias, set_alias

    if alias is None:
        perform(partial(list_aliases, given=pipeline, as_json=as_json))
    if remove:
        perform(partial(remove_alias, given=pipeline, alias=alias, version=version))
    perform(partial(set_alias, given=pipeline, alias=alias, version=version))


@app.command()
def export(
    pipeline: Named,
    version: Annotated[
        str | None, typer.Option(metavar="VERSION", help="An earlier one, by number or hash.")
    ] = None,
) -> None:
    """Print a pipeline and its agents as one document, for `import`."""
    from cli.exchange import export

    perform(partial(export, given=pipeline, version=version))


@app.command("import")
def import_document(
    document: Annotated[
        Path, typer.Argument(metavar="FILE|-", help="What `export` printed.", allow_dash=True)
    ],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Call the pipeline so.")] = None,
    copy: Annotated[
        bool, typer.Option("--copy", help="Where a name is taken, make another of that name.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make the pipeline of a document, and its agents."""
    from cli.exchange import import_document

    perform(partial(import_document, path=document, name=name, copy=copy, as_json=as_json))


@app.command()
def duplicate(
    pipeline: Named,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Of the duplicate.")] = None,
) -> None:
    """Make another pipeline of the same flow."""
    from cli.exchange import duplicate

    perform(partial(duplicate, given=pipeline, name=name))


@app.command()
def delete(pipeline: Named) -> None:
    """Delete a pipeline. Its runs go on; for 30 days `restore` brings it back."""
    from cli.exchange import delete

    perform(partial(delete, given=pipeline))
