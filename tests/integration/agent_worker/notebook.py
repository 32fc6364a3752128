"""`examples/notebook/server.py`, as its reader runs it."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.eventually import PATIENCE_SECONDS
from tests.integration.test_howtos import EXAMPLES

_LISTENS = re.compile(r"http://127\.0\.0\.1:[0-9]+")


@asynccontextmanager
async def notebook(folder: Path) -> AsyncIterator[str]:
    """The URL of the server, which keeps `notes.jsonl` in the folder."""
    process = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            str(EXAMPLES / "notebook" / "server.py"),
            "0",
            str(folder / "notes.jsonl"),
        ),
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield f"{await _listens(process)}/mcp"
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def _listens(process: asyncio.subprocess.Process) -> str:
    """What it says that it listens on."""
    assert process.stderr is not None
    said = ""
    async for line in process.stderr:
        said += line.decode()
        if found := _LISTENS.search(line.decode()):
            return found[0]
    raise AssertionError(f"the server ended: {said}")
