"""`penstock backup` and `penstock restore`, as typer reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Directory = Annotated[Path, typer.Argument(metavar="DIRECTORY", help="The backup.")]
Data = Annotated[
    Path | None,
    typer.Option(help="The data of a `penstock up`, whether it runs or not."),
]


def backup(directory: Directory, data: Data = None) -> None:
    """Save NATS and Postgres as of one moment, while all goes on, into a new directory."""
    from cli.backup import start_backup

    start_backup(directory, data)


def restore(directory: Directory, data: Data = None) -> None:
    """Bring a backup back, into a NATS server and a database with nothing in them."""
    from cli.backup import start_restore

    start_restore(directory, data)
