"""The options that say which runs a command is about: `--tag`, `--since` and the like."""

from __future__ import annotations

from contextvars import ContextVar
from enum import StrEnum
from typing import Annotated

import typer
from typer.core import TyperCommand
from typer.models import OptionInfo

from cli.completion import complete_pipelines

_chosen: ContextVar[dict[str, object]] = ContextVar("chosen_run_filter")


ForMe = Annotated[
    bool, typer.Option("--waiting-for-me", help="Only runs that wait for a decision of yours.")
]


class Status(StrEnum):
    """How a run may stand."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    CANCELLING = "cancelling"
    FAILING = "failing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


def add_run_filter(command: TyperCommand) -> None:
    """Gives the command the options; `chosen_options` tells what was given."""
    for options in (_what, _when):
        holder = typer.Typer(add_completion=False)
        holder.command()(options)
        command.params += typer.main.get_command(holder).params


def chosen_options() -> dict[str, object]:
    """The options that were given, by name, with what they say."""
    return {name: value for name, value in _chosen.get({}).items() if value}


def _remember(param: typer.CallbackParam, value: object) -> None:
    _chosen.set({**_chosen.get({}), str(param.name): value})


def _option(text: str, metavar: str | None = None, *names: str) -> OptionInfo:
    """An option that is remembered, not passed on."""
    made = typer.Option(*names, callback=_remember, expose_value=False, metavar=metavar, help=text)
    assert isinstance(made, OptionInfo)
    return made


def _pipeline_option() -> OptionInfo:
    made = _option("Only runs of this pipeline.", "NAME|ID")
    made.autocompletion = complete_pipelines
    return made


def _what(
    status: Annotated[
        list[Status] | None, _option("Only runs of this status: running, waiting, ...", "STATUS")
    ] = None,
    pipeline: Annotated[str | None, _pipeline_option()] = None,
    tag: Annotated[list[str] | None, _option("Only runs with this tag.", "TAG")] = None,
    metadata: Annotated[
        list[str] | None, _option("Only runs with this in their metadata.", "NAME=VALUE")
    ] = None,
    search: Annotated[
        str | None, _option("Only runs with these words in pipeline, tags or metadata.", "WORDS")
    ] = None,
) -> None:
    """Holds the options about what runs are."""


def _when(
    by: Annotated[
        str | None, _option("Only runs asked for with the token of this name.", "NAME")
    ] = None,
    since: Annotated[str | None, _option("Only newer runs: 90m, 3d, or a time.", "TIME")] = None,
    until: Annotated[str | None, _option("Only older runs.", "TIME")] = None,
    oldest: Annotated[bool, _option("Oldest first.", None, "--oldest")] = False,
) -> None:
    """Holds the options about when and by whom."""
