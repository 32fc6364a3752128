"""The code of an earlier version makes an installation, this one goes on, and back again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.up.nats import BEFORE_ACCOUNTS
from shared.log.role import LOG_ACCOUNT
from tests.answers import answers, require_told
from tests.earlier.checkouts import before_queues, checkout, recorded_commit
from tests.installation import Installation
from tests.operation.test_upgrade import done
from tests.servers import own_folder
from tests.stack import RunningStack


@pytest.fixture(params=[recorded_commit, before_queues])
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A checkout of an earlier version."""
    return checkout(request.param(), tmp_path / "earlier")


@contextmanager
def running(data: Path, code: Path | None = None) -> Iterator[RunningStack]:
    """A stack on this data, of this code or of an earlier one."""
    stack = RunningStack(data, 1, {}, code)
    try:
        yield stack
    finally:
        stack.stop()


async def test_runs_in_flight_go_on_after_an_upgrade_and_after_the_way_back(earlier: Path) -> None:
    with own_folder() as folder:
        data = folder / ".penstock"
        with running(data, earlier) as stack:
            async with stack.http() as http:
                installation = Installation(http)
                await installation.fill()
                await installation.begin()
                before = await answers(http, installation.over)
                await done("backup", "saved", directory=folder)
        with running(data) as stack:
            async with stack.http() as http:
                require_told(before, await answers(http, installation.over))
                installation.move_to(http)
                await installation.finish()
        shutil.rmtree(data)
        await done("restore", "saved", "--data", ".penstock", directory=folder)
        if not (earlier / "shared/log/accounts.py").exists():
            stores = data / "nats" / "jetstream"
            (stores / LOG_ACCOUNT).rename(stores / BEFORE_ACCOUNTS)
        with running(data, earlier) as stack:
            async with stack.http() as http:
                assert await answers(http, installation.over) == before
                installation.move_to(http)
                await installation.finish()
