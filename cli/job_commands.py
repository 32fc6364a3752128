"""`penstock jobs`, as typer reads it, and what stopping and running many runs again have."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import typer

from cli.session import perform

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="List jobs, which stop or run again many runs; follow or cancel one.",
)

JobId = Annotated[str, typer.Argument(metavar="JOB", help="Its id, or the beginning of it.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one value a line.")]
Every = Annotated[
    bool, typer.Option("--all", help="All that the options find, by a job; without any, all.")
]


@app.callback()
def list_jobs(context: typer.Context, as_json: Json = False) -> None:
    """List jobs, newest first."""
    if context.invoked_subcommand is not None:
        return
    from cli.jobs import list_jobs

    perform(partial(list_jobs, as_json=as_json))


@app.command()
def show(
    job: JobId,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Stay until it is over.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show how far a job is, what it left out and what it waits for."""
    from cli.jobs import show_job

    perform(partial(show_job, given=job, follow=follow, as_json=as_json))


@app.command()
def cancel(job: JobId) -> None:
    """End a job; what it has done stays done."""
    from cli.jobs import cancel_job

    perform(partial(cancel_job, given=job))


def begin_job(
    kind: Literal["cancel", "retry"], given: str | None, *, last: bool, follow: bool, as_json: bool
) -> None:
    """Begin a job about many runs, and end the command."""
    from cli.jobs import begin

    is_one = last or given is not None
    perform(partial(begin, kind=kind, is_one=is_one, follow=follow, as_json=as_json))
