"""The client: one object that holds the connection and the parts of the API."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from types import TracebackType
from typing import Self

from penstock_client.agents import Agents
from penstock_client.connection import Connection
from penstock_client.event import Event
from penstock_client.follow import Patience
from penstock_client.jobs import Jobs
from penstock_client.keys import ProviderKeys, Rotation, Secrets, rotate
from penstock_client.limits import WorkspaceLimits
from penstock_client.models import Models
from penstock_client.parked import Parked
from penstock_client.pipelines import Pipelines
from penstock_client.results import System
from penstock_client.runs import Runs
from penstock_client.tokens import Tokens
from penstock_client.tools import Tools
from penstock_client.usage import UsageReport, usage_of
from penstock_client.users import Users, Who
from penstock_client.workspaces import Invites, Members, Workspaces


class Penstock:
    """One Penstock at `base_url`, opened with `token`; use it as an async context manager.

    Instead of a token there may be a `session` that `log_in` has begun; `workspace` is where it
    asks, for who works in several.

    Raises: ValueError, if `base_url` is no http or https URL.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        session: str | None = None,
        workspace: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._connection = Connection(base_url, token, session=session, workspace=workspace)
        self.agents = Agents(self._connection)
        self.jobs = Jobs(self._connection)
        self.parked = Parked(self._connection)
        self.pipelines = Pipelines(self._connection)
        self.provider_keys = ProviderKeys(self._connection)
        self.secrets = Secrets(self._connection)
        self.runs = Runs(self._connection, patience or Patience())
        self.tokens = Tokens(self._connection)
        self.tools = Tools(self._connection)
        self.users = Users(self._connection)
        self.workspaces = Workspaces(self._connection)
        self.limits = WorkspaceLimits(self._connection)
        self.members = Members(self._connection)
        self.invites = Invites(self._connection)

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

    async def me(self) -> Who:
        """Who asks, in which workspace, and as what."""
        return (await self._connection.get("/me")).read(Who)

    async def log_in(self, email: str, password: str) -> Who:
        """Who has logged in; requests without a token go on as them, and `session` lasts."""
        body = {"email": email, "password": password}
        return (await self._connection.post("/session", body)).read(Who)

    async def change_password(self, password: str, new_password: str) -> None:
        """Who has logged in has a new password; all their sessions are over, this one too."""
        body = {"password": password, "new_password": new_password}
        await self._connection.send("PUT", "/me/password", body)

    async def log_out(self) -> None:
        """The session is over, everywhere."""
        await self._connection.send("DELETE", "/session", None)

    @property
    def session(self) -> str | None:
        """The session that `log_in` has begun: a secret, to be given to another client."""
        return self._connection.session

    async def models(self) -> Models:
        """The models that are known: what each can do now, and what its tokens cost."""
        return (await self._connection.get("/models")).read(Models)

    async def usage(
        self,
        by: Sequence[str] = ("day",),
        *,
        since: str | None = None,
        until: str | None = None,
        limit: int = 200,
    ) -> UsageReport:
        """What runs asked for in a time used, by `day`, `pipeline`, `agent` or `model`.

        Of the last 30 days, if no times (RFC 3339) are given; `limit` items, that cost most.
        """
        return await usage_of(self._connection, by, since, until, limit)

    async def system(self) -> System:
        """What waits, who works, how far it is copied; for the token of an admin."""
        return (await self._connection.get("/admin/system")).read(System)

    async def rotate_keys(self) -> Rotation:
        """A hundred keys and secrets sealed anew; again until none remains, by who runs it all."""
        return await rotate(self._connection)

    def follow(
        self, run_or_url: str, *, after: int | None = None, types: Sequence[str] = ()
    ) -> AsyncGenerator[Event]:
        """The events of a run: see `Runs.events`."""
        return self.runs.events(run_or_url, after=after, types=types)
