"""`--pipeline` and `--alias` of `penstock run`: a stored pipeline in place of a file."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli.completion import complete_pipelines

_chosen: ContextVar[str | None] = ContextVar("chosen_pipeline", default=None)
_alias: ContextVar[str | None] = ContextVar("chosen_alias", default=None)


def chosen_pipeline() -> str | None:
    """The name or id that was given; None if there was none."""
    return _chosen.get()


def chosen_alias() -> str | None:
    """The alias that was given; None if there was none."""
    return _alias.get()


def add_pipeline_options(command: TyperCommand) -> None:
    """Gives the command --pipeline and --alias; `chosen_pipeline` and `chosen_alias` read them."""
    holder = typer.Typer(add_completion=False)
    holder.command()(_option)
    command.params += typer.main.get_command(holder).params


def _remember(value: str | None) -> None:
    _chosen.set(value)


def _remember_alias(value: str | None) -> None:
    _alias.set(value)


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
    alias: Annotated[
        str | None,
        typer.Option(
            callback=_remember_alias,
            expose_value=False,
            metavar="ALIAS",
            help="The version of the pipeline that this names; else the newest.",
        ),
    ] = None,
) -> None:
    """Holds the options."""
