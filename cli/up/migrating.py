"""`penstock migrate`, as `penstock up` runs it: it takes as long as there is history to rewrite."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Callable, Mapping, Sequence

from shared.errors import Unavailable

TOLD_EVERY_SECONDS = 10.0


async def migrated(
    command: Sequence[str],
    environ: Mapping[str, str],
    still_working: Callable[[float], None],
    *,
    every: float = TOLD_EVERY_SECONDS,
) -> None:
    """Returns once the command has done its work; `still_working` is told how many seconds it took.

    Raises: Unavailable with what the command said, if it fails. Who is cancelled ends the command:
    the next one goes on from there.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    process = await asyncio.create_subprocess_exec(
        *command, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, env=dict(environ)
    )
    said = asyncio.ensure_future(process.communicate())
    try:
        while not (await asyncio.wait({said}, timeout=every))[0]:
            still_working(loop.time() - began)
        text, _ = await said
    finally:
        said.cancel()
        if process.returncode is None:
            process.kill()
    if process.returncode:
        raise Unavailable(f"`penstock migrate` failed:\n{text.decode(errors='replace')}")
