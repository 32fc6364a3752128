"""`penstock rebuild`: the read model made anew from all facts, and compared with them.

While it lasts, readers see the old one; broken off, it has changed nothing.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from cli.outcome import CommandError, ExitCode
from cli.printing import console, say
from cli.stack import find_stack, nats_url_of
from services.projector.rebuild import Progress, rebuild
from services.projector.verification import Verification, verify
from shared.errors import PenstockError
from shared.ledger.pool import opened, translated
from shared.log.encryption import nats_address
from shared.runtime.process import tune_garbage_collection
from shared.runtime.settings import Settings, SettingsInvalid, load

_MISCONFIGURED = 2


def start_rebuild(*, new_log: bool) -> None:
    """Rebuild what the environment, or else the stack that runs here, names.

    Raises: SystemExit, 1 failed or wrong, 2 settings not valid, 130 interrupted.
    """
    try:
        settings = _settings()
        tune_garbage_collection()
        verified = asyncio.run(_rebuilt(settings, new_log=new_log))
    except SettingsInvalid as error:
        sys.stderr.write(f"{error}\n")  # a line for each setting
        raise SystemExit(_MISCONFIGURED) from None
    except (PenstockError, OSError) as error:
        say(f"penstock rebuild: {error}")
        raise SystemExit(ExitCode.FAILED) from None
    except KeyboardInterrupt:
        say("penstock rebuild: interrupted; begin again if it was not done")
        raise SystemExit(ExitCode.INTERRUPTED) from None
    for problem in verified.problems:
        say(f"penstock rebuild: {problem}")
    raise SystemExit(ExitCode.FAILED if verified.problems else ExitCode.DONE)


def _settings() -> Settings:
    environ = dict(os.environ)
    named_there = ("NATS_URL", "NATS_URL_FILE", "DATABASE_URL", "DATABASE_URL_FILE")
    if not any(environ.get(name) for name in named_there):
        try:
            stack = find_stack(None, None, Path.cwd(), environ)
        except CommandError:
            return load("rebuild")
        named = {"NATS_URL": nats_url_of(stack, "projector"), "DATABASE_URL": stack.database_url}
        environ |= {name: url for name, url in named.items() if url}
    return load("rebuild", environ)


async def _rebuilt(settings: Settings, *, new_log: bool) -> Verification:
    screen = console()
    with _Shown(screen) as shown:
        done = await rebuild(
            settings.database_url, nats_address(settings), report=shown.report, new_log=new_log
        )
    screen.print(f"rebuilt from {done.done:,} facts of the database and {shown.read:,} of the log")
    with translated():
        async with opened(settings.database_url) as connection:
            verified = await verify(connection)
    if not verified.problems:
        screen.print(
            f"verified: {verified.runs:,} runs are shown as their {verified.facts:,} facts say"
        )
    return verified


class _Shown:
    """A bar for the facts of the database, and a count for those of the log."""

    def __init__(self, screen: Console) -> None:
        self.read = 0
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeElapsedColumn(),
            console=screen,
            disable=not screen.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> _Shown:
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def report(self, progress: Progress) -> None:
        """Show how far it is."""
        if progress.total is None:
            self.read = progress.done
            return
        if self._task is None:
            self._task = self._bar.add_task("facts", total=progress.total, speed="")
        elapsed = self._bar.tasks[0].elapsed or 0
        speed = f"{progress.done / elapsed:,.0f} facts/s" if elapsed else ""
        self._bar.update(self._task, completed=progress.done, speed=speed)
