"""`--pipeline` of `penstock run`: a stored pipeline in place of a file."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli.completion import complete_pipelines

_chosen: ContextVar[str | None] = ContextVar("chosen_pipeline", default=None)


def chosen_pipeline() -> str | None:
    """The name or id that was given; None if there was none."""
    return _chosen.get()


def add_pipeline_option(command: TyperCommand) -> None:
    """Gives the command --pipeline; `chosen_pipeline` reads it."""
    holder = typer.Typer(add_completion=False)
    holder.command()(_option)
    command.params += typer.main.get_command(holder).params


def _remember(value: str | None) -> None:
    _chosen.set(value)


def _option(
    pipeline: Annotated[
        str | None,
        typer.Option(
            callback=_remember,
            expose_value=False,
            metavar="NAME|ID",
            help="A stored pipeline in place of a file.",
            autocompletion=complete_pipelines,
        ),
    ] = None,
) -> None:
    """Holds the option."""
