"""`penstock parked` and what it does with one run, as typer reads them."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from cli.session import perform

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="List parked runs, which no service goes on with; release or end one. Needs an admin's "
    "token.",
)

RunId = Annotated[str, typer.Argument(metavar="RUN", help="The run's id.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one value a line.")]


@app.callback()
def list_parked(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 100,
    as_json: Json = False,
) -> None:
    """List parked runs, the longest parked first."""
    if context.invoked_subcommand is not None:
        return
    from cli.parked import list_parked

    perform(partial(list_parked, limit=limit, as_json=as_json))


@app.command()
def release(run_id: RunId, as_json: Json = False) -> None:
    """Have a parked run looked at again, once a version runs that understands it."""
    from cli.parked import release

    perform(partial(release, run_id=run_id, as_json=as_json))


@app.command()
def end(
    run_id: RunId,
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why; kept as the run's error.")
    ] = None,
    as_json: Json = False,
) -> None:
    """End a parked run for good: it fails, and its steps stop."""
    from cli.parked import end

    perform(partial(end, run_id=run_id, reason=reason, as_json=as_json))
