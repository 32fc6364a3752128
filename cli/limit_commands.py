"""`penstock limits`, as typer reads it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from cli.session import perform

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List, show and set what workspaces may use at most. For who runs the installation.",
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, one value a line.")]
Slug = Annotated[str, typer.Argument(metavar="SLUG", help="Which workspace.")]
Limit = Annotated[
    list[str],
    typer.Argument(
        metavar="LIMIT=NUMBER|none...",
        help="runs_in_flight, runs_a_minute, stored_bytes, tokens_a_month, cost_usd_a_month, "
        "readers, or steps_in_flight.POOL.",
    ),
]


@app.command("list")
def list_limits(as_json: Json = False) -> None:
    """List workspaces that have limits, with what each uses now."""
    from cli.limits import list_limits

    perform(partial(list_limits, as_json=as_json))


@app.command("show")
def show_limits(slug: Slug, as_json: Json = False) -> None:
    """Show what a workspace may use at most, and uses now. Its admins may, too."""
    from cli.limits import show_limits

    perform(partial(show_limits, slug=slug, as_json=as_json))


@app.command("set")
def set_limits(slug: Slug, limits: Limit) -> None:
    """Change some limits of a workspace, and leave its others: acme runs_in_flight=200."""
    from cli.limits import set_limits

    perform(partial(set_limits, slug=slug, given=limits))
