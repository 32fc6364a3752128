"""`penstock usage`, as typer reads it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from cli.session import perform

Json = Annotated[bool, typer.Option("--json", help="Print JSON, one value a line.")]


def usage(
    by: Annotated[
        str, typer.Option(metavar="WHAT", help="day, pipeline, agent, model; several with commas.")
    ] = "day",
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="90m, 3d, or a time; else 30 days ago.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="The same; else now.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="Those that cost most.")] = 40,
    as_json: Json = False,
) -> None:
    """Show tokens and dollars that all runs used, by day, pipeline, agent or model."""
    from cli.usage import show_usage

    perform(partial(show_usage, by=by, times=(since, until), limit=limit, as_json=as_json))
