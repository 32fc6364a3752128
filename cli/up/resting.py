"""The servers of a stack that does not run, started on its data for one command."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from cli.up.data import DataDirectory
from cli.up.parts import environ, planned
from cli.up.port import free_port
from cli.up.stack import RunningStack
from shared.runtime.settings import load


class _Silent:
    """Tells nobody."""

    def ready(self, name: str, seconds: float) -> None:
        """A server is ready."""

    def working(self, name: str, seconds: float) -> None:
        """What earlier versions wrote is still being rewritten."""

    def ended(self, name: str, exit_code: int) -> None:
        """A server ended by itself."""

    def hung(self, name: str, seconds: float) -> None:
        """A server gives no sign of life."""


@asynccontextmanager
async def resting_servers(data: Path) -> AsyncIterator[Mapping[str, str]]:
    """NATS and Postgres on a data directory, made if it was missing; the environment of `migrate`.

    Raises: Conflict when a stack runs there, Rejected, Unavailable.
    """
    directory = DataDirectory.held(data)
    try:
        settings = load("up")
        plan = planned(directory, settings, api_port=free_port(), workers=1, live=True)
        stack = RunningStack(plan, _Silent())
        try:
            await stack.start_servers()
            yield environ(plan, "migrate")
        finally:
            await stack.stop()
    finally:
        directory.release()
