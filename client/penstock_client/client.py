"""The client: one object that holds the connection and the parts of the API."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from types import TracebackType
from typing import Self

from penstock_client.agents import Agents
from penstock_client.connection import Connection
from penstock_client.event import Event
from penstock_client.follow import Patience
from penstock_client.models import Models
from penstock_client.parked import Parked
from penstock_client.pipelines import Pipelines
from penstock_client.results import System
from penstock_client.runs import Runs


class Penstock:
    """One Penstock at `base_url`, opened with `token`; use it as an async context manager.

    Raises: ValueError, if `base_url` is no http or https URL.
    """

    def __init__(
        self, base_url: str, token: str | None = None, *, patience: Patience | None = None
    ) -> None:
        self._connection = Connection(base_url, token)
        self.agents = Agents(self._connection)
        self.parked = Parked(self._connection)
        self.pipelines = Pipelines(self._connection)
        self.runs = Runs(self._connection, patience or Patience())

    async def __aenter__(self) -> Self:
        await self._connection.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._connection.__aexit__(kind, error, trace)

    def feed(self, *, after: int | None = None, types: Sequence[str] = ()) -> AsyncGenerator[Event]:
        """The lifecycle of all runs of the workspace, without end: see `Runs.feed`."""
        return self.runs.feed(after=after, types=types)

    async def models(self) -> Models:
        """The models that are known: what each can do now, and what its tokens cost."""
        return (await self._connection.get("/models")).read(Models)

    async def system(self) -> System:
        """What waits, who works, how far it is copied; for the token of an admin."""
        return (await self._connection.get("/admin/system")).read(System)

    def follow(
        self, run_or_url: str, *, after: int | None = None, types: Sequence[str] = ()
    ) -> AsyncGenerator[Event]:
        """The events of a run: see `Runs.events`."""
        return self.runs.events(run_or_url, after=after, types=types)
