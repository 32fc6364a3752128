"""The simulator as a process: a port, until a signal."""

from __future__ import annotations

import asyncio
import signal

import uvloop

from cli.outcome import ExitCode
from cli.printing import say
from simulator.server import serve


def simulate(host: str, port: int) -> ExitCode:
    """Serves the simulated model API until SIGINT or SIGTERM; REFUSED if the port is taken."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_until_stopped(host, port))
    except OSError as error:
        say(f"penstock: cannot listen on port {port}: {error}. Choose --port or --host.")
        return ExitCode.REFUSED
    return ExitCode.DONE


async def _until_stopped(host: str, port: int) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await serve(
        host=host,
        port=port,
        stopping=stopping,
        on_ready=lambda url: say(f"simulated model API at {url}"),
    )
