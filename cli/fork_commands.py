"""`penstock fork` and `penstock retry`, as typer reads them."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from cli.completion import complete_runs
from cli.job_commands import Every, begin_job
from cli.session import perform

RunId = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN",
        help="The id of a run that is over, or the beginning of it.",
        autocompletion=complete_runs,
    ),
]
Last = Annotated[bool, typer.Option("--last", help="The newest run.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one value a line.")]
Follow = Annotated[bool, typer.Option("--follow/--no-follow", help="Stay until the run has ended.")]


From = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="NODE", help="A step to run again; may be given again."),
]
Input = Annotated[
    str | None, typer.Option("--input", metavar="TEXT|@FILE|-", help="Another input.")
]
Var = Annotated[
    list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="Another variable.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NODE.key=value", help="Another setting of a node."),
]
Version = Annotated[
    str, typer.Option(metavar="same|latest|HASH", help="Which version of the pipeline.")
]
Until = Annotated[
    list[str] | None, typer.Option("--until", metavar="NODE", help="The run ends behind it.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would be kept.")]


def fork(
    run_id: RunId = None,
    last: Last = False,
    nodes: From = None,
    input_text: Input = None,
    var: Var = None,
    settings: Settings = None,
    version: Version = "same",
    until: Until = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    follow: Follow = True,
) -> None:
    """Run again from some steps, with changes; what is unchanged before them is kept."""
    from cli.fork import ForkRequest, fork

    request = ForkRequest(
        given=run_id,
        last=last,
        nodes=nodes or [],
        input=input_text,
        variables=var or [],
        settings=settings or [],
        version=version,
        until=until or [],
        dry_run=dry_run,
        as_json=as_json,
        follow=follow,
    )
    perform(partial(fork, request=request))


def retry(
    run_id: RunId = None,
    last: Last = False,
    every: Every = False,
    as_json: Json = False,
    follow: Follow = True,
) -> None:
    """Run again what did not complete; the rest is kept, approvals too."""
    from cli.fork import retry

    if every:
        begin_job("retry", run_id, last=last, follow=follow, as_json=as_json)
    perform(partial(retry, given=run_id, last=last, as_json=as_json, follow=follow))
