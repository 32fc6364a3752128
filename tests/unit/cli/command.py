"""The `penstock` command as a process, as a shell would start it."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.eventually import PATIENCE_SECONDS


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


async def started(
    *arguments: str, directory: Path, environ: dict[str, str] | None = None
) -> asyncio.subprocess.Process:
    """The command, started in `directory`."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cli",
        *arguments,
        cwd=directory,
        env={**os.environ, "COLUMNS": "80", "TERM": "xterm", **(environ or {})},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def penstock(
    *arguments: str,
    directory: Path,
    environ: dict[str, str] | None = None,
    typed: str = "",
) -> Ended:
    """The command, run to its end with `typed` on its standard input."""
    process = await started(*arguments, directory=directory, environ=environ)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            out, err = await process.communicate(typed.encode())
    finally:
        if process.returncode is None:
            process.kill()
    return Ended(process.returncode or 0, out.decode(), err.decode())
