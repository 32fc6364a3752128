"""The code of an earlier version makes an installation, this one goes on, and back again."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from cli.up.nats import BEFORE_ACCOUNTS
from shared.log.role import LOG_ACCOUNT
from tests.answers import answers, require_told
from tests.architecture.source import ROOT
from tests.installation import Installation
from tests.operation.test_upgrade import RECORDED, done
from tests.servers import own_folder
from tests.stack import RunningStack


def earlier_commit() -> str:
    """The commit whose code made the installation that is recorded."""
    with tarfile.open(RECORDED) as archive:
        member = archive.extractfile("recorded.json")
        assert member is not None
        return str(json.load(member)["commit"])


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """A checkout of the earlier version."""
    asked = ["git", "-C", str(ROOT), "archive", earlier_commit()]
    made = subprocess.run(asked, capture_output=True, check=False)
    assert made.returncode == 0, "expected the whole history: run `git fetch --unshallow`"
    with tarfile.open(fileobj=BytesIO(made.stdout)) as archive:
        archive.extractall(tmp_path / "earlier", filter="data")
    return tmp_path / "earlier"


async def test_runs_in_flight_go_on_after_an_upgrade_and_after_the_way_back(earlier: Path) -> None:
    with own_folder() as folder:
        data = folder / ".penstock"
        stack = RunningStack(data, 1, {}, earlier)
        async with stack.http() as http:
            installation = Installation(http)
            await installation.fill()
            await installation.begin()
            before = await answers(http, installation.over)
            await done("backup", "saved", directory=folder)
        stack.stop()
        stack = RunningStack(data, 1, {})
        async with stack.http() as http:
            require_told(before, await answers(http, installation.over))
            installation.move_to(http)
            await installation.finish()
        stack.stop()
        shutil.rmtree(data)
        await done("restore", "saved", "--data", ".penstock", directory=folder)
        stores = data / "nats" / "jetstream"
        (stores / LOG_ACCOUNT).rename(stores / BEFORE_ACCOUNTS)  # the earlier one knows no accounts
        stack = RunningStack(data, 1, {}, earlier)
        async with stack.http() as http:
            assert await answers(http, installation.over) == before
            installation.move_to(http)
            await installation.finish()
        stack.stop()
