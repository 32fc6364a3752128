"""`penstock token`, as typer reads it."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import typer

from cli.session import perform

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Make, list and revoke the tokens of a workspace. Needs an admin's token.",
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, one value a line.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    role: Annotated[
        Literal["viewer", "member", "admin"],
        typer.Option(help="viewer reads, member makes and runs, admin makes tokens and deletes."),
    ] = "member",
    days: Annotated[
        int | None, typer.Option(min=1, max=36_500, help="Good for so long; else until revoked.")
    ] = None,
    workspace: Annotated[
        str | None,
        typer.Option(metavar="SLUG", help="Another workspace, for who runs the installation."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a token and print it, this once."""
    from cli.tokens import NewToken, add

    new = NewToken(name, role, days, workspace)
    perform(partial(add, new=new, as_json=as_json))


@app.command("list")
def list_tokens(as_json: Json = False) -> None:
    """List tokens, newest first, also those that are good no more."""
    from cli.tokens import list_tokens

    perform(partial(list_tokens, as_json=as_json))


@app.command()
def revoke(
    given: Annotated[
        str, typer.Argument(metavar="TOKEN", help="Its id, the beginning of it, or its name.")
    ],
) -> None:
    """Have a token refused from now on, and cut off what reads with it."""
    from cli.tokens import revoke

    perform(partial(revoke, given=given))
