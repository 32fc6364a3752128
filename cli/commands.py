"""The commands, as typer reads them. What they do is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand, TyperGroup

from cli import (
    fork_commands,
    job_commands,
    key_commands,
    parked_commands,
    people_commands,
    pipeline_commands,
    service_commands,
    token_commands,
    tool_commands,
    usage_commands,
)
from cli.completion import complete_runs
from cli.job_commands import Every, begin_job
from cli.outcome import CommandError
from cli.pipeline_option import add_pipeline_options, chosen_alias, chosen_pipeline
from cli.printing import put, say
from cli.run_filter_options import ForMe, add_run_filter
from cli.session import add_stack_options, perform

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 done or completed, 1 failed, 2 refused, 3 cancelled, 4 not reachable, "
    "130 interrupted.",
)
_OWN = {"parked": parked_commands, "token": token_commands, "tool": tool_commands}
_OWN |= {"pipelines": pipeline_commands, "jobs": job_commands}
_GROUPS = {name: each.app for name, each in _OWN.items()} | key_commands.GROUPS
_GROUPS |= people_commands.GROUPS
for name, group in _GROUPS.items():
    app.add_typer(group, name=name)
ON_A_STACK = (
    *("run", "watch", "runs", "show", "fork", "retry", "cancel", "delete", "approve", "reject"),
    *("tail", "events", "system", "usage", "parked", "token", "pipelines", "agents", "tool"),
    *("jobs", "user", "workspace", "member", "limits", "invite", "invites", "login", "logout"),
    *key_commands.GROUPS,
)

RunId = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN", help="Its id, or the beginning of it.", autocompletion=complete_runs
    ),
]
Last = Annotated[bool, typer.Option("--last", help="The newest run.")]
Asked = Annotated[
    str | None,
    typer.Argument(metavar="STEP|NODE", help="Which step; not needed if only one waits."),
]
Comment = Annotated[str | None, typer.Option(metavar="TEXT", help="Why; kept with it.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one value a line.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        put(f"penstock {version('penstock')}")
        raise typer.Exit


@app.callback()
def penstock(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Which this is."),
    ] = False,
) -> None:
    """Penstock runs pipelines of AI agents, durably, and lets anyone watch every token live."""


@app.command()
def run(
    flow: Annotated[
        Path | None, typer.Argument(metavar="FLOW.json", help="React Flow JSON.")
    ] = None,
    input_text: Annotated[
        str, typer.Option("--input", metavar="TEXT|@FILE|-", help="What the run works on.")
    ] = "",
    var: Annotated[
        list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="A run variable.")
    ] = None,
    as_json: Json = False,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Stay until the run has ended.")
    ] = True,
) -> None:
    """Run a flow, or a pipeline, and watch its agents speak."""
    from cli.run import Request, start

    request = Request(
        flow=flow,
        pipeline=chosen_pipeline(),
        alias=chosen_alias(),
        input=input_text,
        variables=var or [],
        as_json=as_json,
        follow=follow,
    )
    perform(partial(start, request=request))


@app.command()
def watch(run_id: RunId = None, last: Last = False, as_json: Json = False) -> None:
    """Watch a run from its beginning, whether it is under way or over."""
    from cli.run import watch

    perform(partial(watch, given=run_id, last=last, as_json=as_json))


@app.command("runs")
def list_runs(
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    for_me: ForMe = False,
    as_json: Json = False,
) -> None:
    """List runs, newest first."""
    from cli.runs import list_runs

    perform(partial(list_runs, limit=limit, for_me=for_me, as_json=as_json))


@app.command()
def system(as_json: Json = False) -> None:
    """Show what waits, who works and how far it is copied; needs an admin's token."""
    from cli.system import show_system

    perform(partial(show_system, as_json=as_json))


@app.command()
def events(
    after: Annotated[int | None, typer.Option(min=0, help="Go on behind this event.")] = None,
    types: Annotated[str, typer.Option(help="Only these types, with commas.")] = "",
) -> None:
    """Print what happens to all runs, one JSON event a line, until Ctrl-C."""
    from cli.run import print_feed

    perform(partial(print_feed, after=after, types=tuple(filter(None, types.split(",")))))


@app.command()
def show(run_id: RunId = None, last: Last = False, as_json: Json = False) -> None:
    """Show a run: status, steps, output."""
    from cli.show import show

    perform(partial(show, given=run_id, last=last, as_json=as_json))


@app.command()
def agents(as_json: Json = False) -> None:
    """List the agents that flows can name."""
    from cli.definitions import list_agents

    perform(partial(list_agents, as_json=as_json))


for command in (fork_commands.fork, fork_commands.retry, usage_commands.usage):
    app.command()(command)
for each in (people_commands.invite, people_commands.login, people_commands.logout):
    app.command()(each)


@app.command()
def cancel(
    run_id: RunId = None,
    last: Last = False,
    every: Every = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Stay until it has stopped.")
    ] = True,
) -> None:
    """Stop a run and tell what its steps had done."""
    from cli.runs import cancel

    if every:
        begin_job("cancel", run_id, last=last, follow=wait, as_json=False)
    perform(partial(cancel, given=run_id, last=last, wait=wait))


@app.command()
def delete(
    run_id: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="Its id, or the beginning of it.", autocompletion=complete_runs
        ),
    ],
) -> None:
    """Delete a run that is over, for ever."""
    from cli.runs import delete

    perform(partial(delete, given=run_id))


@app.command()
def approve(
    run_id: RunId = None, step: Asked = None, last: Last = False, comment: Comment = None
) -> None:
    """Approve what a run waits for a person to decide."""
    from cli.decide import Answer, decide

    answer = Answer("approve", comment)
    perform(partial(decide, run=run_id, last=last, which=step, answer=answer))


@app.command()
def reject(
    run_id: RunId = None, step: Asked = None, last: Last = False, comment: Comment = None
) -> None:
    """Reject what a run waits for a person to decide."""
    from cli.decide import Answer, decide

    answer = Answer("reject", comment)
    perform(partial(decide, run=run_id, last=last, which=step, answer=answer))


@app.command()
def validate(
    flow: Annotated[Path, typer.Argument(metavar="FLOW.json", help="React Flow JSON.")],
) -> None:
    """Check a flow file; needs no running Penstock."""
    from cli.validate import validate

    try:
        code = validate(flow)
    except CommandError as error:
        say(f"penstock: {error}")
        code = error.code
    raise typer.Exit(code)


@app.command()
def tail(
    workspace: Annotated[str, typer.Option(help="Whose events.")] = "default",
) -> None:
    """Print every event of a workspace as it happens, straight from NATS."""
    from cli.tail import tail

    perform(partial(tail, workspace=workspace))


@app.command()
def up(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where the api answers.")] = 8080,
    data: Annotated[Path, typer.Option(help="Where everything is kept.")] = Path(".penstock"),
    workers: Annotated[int, typer.Option(min=1, help="How many agent workers.")] = 2,
    demo: Annotated[bool, typer.Option("--demo", help="Run the example first.")] = False,
    live: Annotated[
        bool | None, typer.Option("--live/--simulated", help="Call the real model API or not.")
    ] = None,
) -> None:
    """Run everything on this machine until Ctrl-C; no containers needed."""
    from cli.up import up

    raise typer.Exit(up(port=port, data=data, workers=workers, demo=demo, live=live))


for each in service_commands.COMMANDS:
    app.command()(each)


def root() -> TyperGroup:
    """All commands, ready to be called with arguments."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    add_stack_options(_commands_on_a_stack(group))
    command = group.commands["run"]
    assert isinstance(command, TyperCommand)
    add_pipeline_options(command)
    for name in ("runs", "cancel", "retry"):
        command = group.commands[name]
        assert isinstance(command, TyperCommand)
        add_run_filter(command)
    return group


def _commands_on_a_stack(group: TyperGroup) -> Iterator[TyperCommand | TyperGroup]:
    """Those that talk to a Penstock, and those within them."""
    for name in ON_A_STACK:
        command = group.commands[name]
        within = command.commands.values() if isinstance(command, TyperGroup) else ()
        for each in (command, *within):
            assert isinstance(each, TyperCommand | TyperGroup)
            yield each
