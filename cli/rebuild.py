"""`penstock rebuild`: the read model made anew from all facts, compared with them, and read.

While it lasts, readers see the old one; broken off, it has changed nothing.
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from cli.migrate import bring_up_to_date
from cli.operation import outcome_of
from cli.outcome import ExitCode
from cli.printing import console, say
from cli.reading import read_runs
from cli.servers import require_consent, servers
from services.projector.lost_runs import LOG_LOST
from services.projector.rebuild import Progress, rebuild
from services.projector.verification import verify
from shared.ledger.pool import opened, translated
from shared.log.encryption import nats_address
from shared.runtime.process import tune_garbage_collection
from shared.runtime.settings import Settings

_REBUILD = "all that lists show is made anew"
_NEW_LOG = "it goes on with the log that is there now, and every run ends that this has not"


def start_rebuild(*, new_log: bool, data: Path | None, yes: bool) -> None:
    """Rebuild what the environment, or else the stack of this directory, names.

    Raises: SystemExit, 1 failed or wrong, 2 refused, 4 not reachable, 130 interrupted.
    """
    tune_garbage_collection()
    problems = outcome_of(
        "rebuild",
        _rebuilt(new_log=new_log, data=data, yes=yes),
        interrupted="begin again if it was not done",
    )
    for problem in problems:
        say(f"penstock rebuild: {problem}")
    raise SystemExit(ExitCode.FAILED if problems else ExitCode.DONE)


async def _rebuilt(*, new_log: bool, data: Path | None, yes: bool) -> list[str]:
    """Rebuilds, and verifies; what is wrong."""
    async with servers("rebuild", data) as reached:
        settings = reached.settings
        if reached.were_resting:
            await bring_up_to_date(settings)
        await require_consent(settings, _NEW_LOG if new_log else _REBUILD, yes=yes)
        screen = console()
        with _Shown(screen) as shown:
            done = await rebuild(
                settings.database_url, nats_address(settings), report=shown.report, new_log=new_log
            )
        screen.print(
            f"rebuilt from {done.done:,} facts of the database and {shown.read:,} of the log"
        )
        if new_log:
            await _say_what_was_lost(settings, screen)
        return await _wrong(settings, screen)


async def _say_what_was_lost(settings: Settings, screen: Console) -> None:
    async with opened(settings.database_url) as connection:
        with translated():
            flows = await connection.fetchval("select count(*) from flow_versions")
            lost = await connection.fetchval(
                "select count(*) from runs where error->>'code' = $1", LOG_LOST
            )
    screen.print(f"given to the new log: {flows:,} flow versions")
    if lost:
        screen.print(
            f"{lost:,} runs had not ended when a log was lost: they are shown as failed "
            f"({LOG_LOST}), start them again"
        )


async def _wrong(settings: Settings, screen: Console) -> list[str]:
    with translated():
        async with opened(settings.database_url) as connection:
            verified = await verify(connection)
    if not verified.problems:
        screen.print(
            f"verified: {verified.runs:,} runs are shown as their {verified.facts:,} facts say"
        )
    readings = await read_runs(settings)
    if not readings.problems:
        screen.print(
            f"verified: {readings.runs:,} of {readings.of:,} finished runs were read as users read "
            f"them, {readings.texts:,} texts by their SHA-256"
        )
    return [*verified.problems, *readings.problems]


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
