"""The `penstock` command as a process, as a shell would start it.

Most are forked from a process that has imported the command already: to import it takes ten times
as long as what a command does.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.eventually import PATIENCE_SECONDS

_IMPORTED = ("cli.__main__", "cli.session", "penstock_client", "rich.table", "httpx2")
_STREAMS = ("stdin", "stdout", "stderr")


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


async def started(
    *arguments: str, directory: Path, environ: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    """The command, started in `directory`, from nothing."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cli",
        *arguments,
        cwd=directory,
        env=_environ(environ),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def penstock(
    *arguments: str,
    directory: Path,
    environ: Mapping[str, str] | None = None,
    typed: str = "",
) -> Ended:
    """The command, run to its end with `typed` on its standard input."""
    with TemporaryDirectory() as name:
        streams = Path(name)
        for each in _STREAMS:
            (streams / each).write_text(typed if each == "stdin" else "")
        about = (arguments, directory, _environ(environ), streams)
        process = _forking().Process(target=_command, args=about)
        code = await asyncio.to_thread(_run, process)
        return Ended(code, (streams / "stdout").read_text(), (streams / "stderr").read_text())


def _environ(more: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, "COLUMNS": "80", "TERM": "xterm", **(more or {})}


def _forking() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_IMPORTED))
    return context


def _run(process: Any) -> int:
    process.start()
    process.join(PATIENCE_SECONDS)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError("the command did not end")
    code: int = process.exitcode
    return code


def _command(
    arguments: tuple[str, ...], directory: Path, environ: Mapping[str, str], streams: Path
) -> None:
    """In the forked process: becomes the command, as if it had been started so."""
    for number, name in enumerate(_STREAMS):
        os.dup2(os.open(streams / name, os.O_RDWR), number)
        setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", closefd=False))
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["penstock", *arguments]
    from cli.__main__ import main

    main()
