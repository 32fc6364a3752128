"""A backup of a stack at work, restored on an empty machine: the commands of the how-to."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest

from cli.backup_files import Backup, finish, new_directory, read_backup
from cli.outcome import CommandError
from shared.ledger.dump import Table
from tests.answers import answers
from tests.architecture.source import ROOT
from tests.installation import TEMPLATES, Installation
from tests.servers import own_folder
from tests.stack import RunningStack
from tests.unit.cli.command import penstock

HOWTO = ROOT / "docs" / "howto" / "backup-and-restore.md"


async def test_runs_over_are_read_as_before_and_runs_in_flight_go_on_to_their_ends() -> None:
    with own_folder() as folder:
        stack = RunningStack(folder / ".penstock", 1, {})
        async with stack.http() as http:
            installation = Installation(http)
            await installation.fill()
            await installation.begin()
            await done("penstock backup ", directory=folder)
            before = await answers(http, installation.over)
        stack.stop()
        shutil.rmtree(folder / ".penstock")
        await done("penstock restore ", directory=folder)
        stack = RunningStack(folder / ".penstock", 1, {})
        try:
            async with stack.http() as http:
                assert await answers(http, installation.over) == before
                installation.move_to(http)
                await installation.finish()
                again = await http.post("runs?wait=60", json={"flow": TEMPLATES, "input": "tea"})
                assert again.json()["status"] == "completed"
        finally:
            stack.stop()
        verified = await penstock("rebuild", directory=folder)
        assert (verified.code, verified.err) == (0, "")


async def done(command: str, *, directory: Path) -> None:
    """The line of the how-to that begins so, run as it stands there, ends well."""
    (line,) = [each for each in HOWTO.read_text().splitlines() if each.startswith(command)]
    ended = await penstock(*shlex.split(line)[1:], directory=directory)
    assert (ended.code, ended.err) == (0, "")


async def test_nothing_is_mixed_with_what_is_there(tmp_path: Path) -> None:
    with own_folder() as folder:
        stack = RunningStack(folder / ".penstock", 1, {})
        try:
            first = await penstock("backup", "saved", directory=folder)
            again = await penstock("backup", "saved", directory=folder)
            into_itself = await penstock("restore", "saved", directory=folder)
        finally:
            stack.stop()
        assert first.code == 0, first.err
        assert again.code == 2
        assert "not to be there yet" in again.err
        assert into_itself.code == 1
        assert "expected an empty database" in into_itself.err
        assert "another directory for --data" in into_itself.err


def test_a_damaged_backup_is_refused(tmp_path: Path) -> None:
    made = Backup(made_at="now", schema="0004", tables=[Table("runs", ("run_id",))])
    part = new_directory(tmp_path / "saved")
    (part / "postgres" / "runs.copy").write_bytes(b"rows")
    finish(part, tmp_path / "saved", made)
    assert read_backup(tmp_path / "saved").tables == made.tables
    (tmp_path / "saved" / "postgres" / "runs.copy").write_bytes(b"rows!")
    with pytest.raises(CommandError, match="damaged"):
        read_backup(tmp_path / "saved")
    with pytest.raises(CommandError, match="expected a backup in"):
        read_backup(tmp_path / "elsewhere")
