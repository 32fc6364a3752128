"""What who runs Penstock needs: its services, its schema, backups; as typer reads them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Annotated

import typer

from cli.backup_commands import Data, backup, restore
from cli.outcome import CommandError
from cli.printing import say

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask, though services are at work.")]


def migrate() -> None:
    """Bring schema, streams and buckets up to date; services wait for it."""
    from cli.parts import start_migrate

    start_migrate()


def nats_user(
    workspace: Annotated[str, typer.Option(help="Which workspace it hears, or whose tools.")],
    consumer: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Make ext-NAME too: ends of runs, at least once."),
    ] = None,
    approvals: Annotated[
        bool, typer.Option("--approvals", help="With --consumer: questions to people too.")
    ] = False,
    tools: Annotated[
        bool, typer.Option("--tools", help="It serves the workspace's tools, and hears no runs.")
    ] = False,
) -> None:
    """Make a user on NATS for a program that hears one workspace, or serves its tools."""
    from cli.nats_user import Wanted, make_user

    try:
        code = make_user(Wanted(workspace, consumer, approvals, tools), os.environ)
    except CommandError as error:
        say(f"penstock: {error}")
        code = error.code
    raise typer.Exit(code)


def rebuild(
    new_log: Annotated[
        bool, typer.Option("--new-log", help="Go on with a new log: the old one is lost.")
    ] = False,
    data: Data = None,
    yes: Yes = False,
) -> None:
    """Make what lists show anew from all facts, compare it with them, and read every run."""
    from cli.rebuild import start_rebuild

    start_rebuild(new_log=new_log, data=data, yes=yes)


def api(
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Where it answers, in place of PENSTOCK_API_PORT."),
    ] = None,
) -> None:
    """Start the api, configured by the environment."""
    if port is not None:
        os.environ["PENSTOCK_API_PORT"] = str(port)
    _start("api")


def scheduler() -> None:
    """Start a scheduler, configured by the environment."""
    _start("scheduler")


def agent_worker() -> None:
    """Start an agent worker, configured by the environment."""
    _start("agent-worker")


def projector() -> None:
    """Start a projector, configured by the environment."""
    _start("projector")


def provisioner() -> None:
    """Start a provisioner, configured by the environment."""
    _start("provisioner")


def simulator(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where it answers.")] = 8788,
    host: Annotated[str, typer.Option(help="The address it listens on.")] = "127.0.0.1",
) -> None:
    """Start the simulated model API."""
    from cli.simulate import simulate

    raise typer.Exit(simulate(host, port))


def _start(name: str) -> None:
    from cli.parts import start_service

    start_service(name)


COMMANDS: tuple[Callable[..., None], ...] = (
    *(migrate, backup, restore, nats_user, rebuild),
    *(api, scheduler, agent_worker, projector, provisioner, simulator),
)
