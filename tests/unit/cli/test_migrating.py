"""A migration takes as long as it takes, says so meanwhile, and is heard when it fails."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from cli.up.migrating import migrated
from shared.errors import Unavailable
from tests.eventually import PATIENCE_SECONDS, eventually


def waits_for(pipe: Path, code: int) -> list[str]:
    """A command that ends, with this code, once somebody has written to the pipe."""
    script = f"import sys; open({str(pipe)!r}).read(); print('said'); sys.exit({code})"
    return [sys.executable, "-c", script]


@pytest.mark.parametrize("code", [0, 3])
async def test_it_is_waited_for_and_told_of(tmp_path: Path, code: int) -> None:
    told: list[float] = []
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    working = asyncio.ensure_future(
        migrated(waits_for(pipe, code), os.environ, told.append, every=0.02)
    )
    await eventually(lambda: len(told) >= 3)
    assert not working.done()
    pipe.write_text("go on")
    if code:
        with pytest.raises(Unavailable, match="said"):
            await asyncio.wait_for(working, PATIENCE_SECONDS)
    else:
        await asyncio.wait_for(working, PATIENCE_SECONDS)
    assert told == sorted(told)
