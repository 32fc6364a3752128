"""Where the facts of a run are: in Postgres once that shows it finished, else in the log.

Postgres is asked first: a run may be leaving the log while it is read, and what is left of it
there must not be taken for the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

import asyncpg

from services.api.attempts import total
from services.api.recent import Recent
from services.api.store.pages import Cursor
from shared.errors import NotFound
from shared.ledger import facts, runs
from shared.log.port import Entry, Log
from shared.run.content import Usage

# Shorter than any finished run stays in the log.
YOUNG_SECONDS = 5.0
_YOUNG = 20_000
PAGE = 5_000


class Records:
    """Reads runs, wherever they are, for one workspace at a time."""

    def __init__(self, log: Log, pool: asyncpg.Pool) -> None:
        self._log = log
        self._pool = pool
        self._young: Recent[str, float] = Recent(_YOUNG)

    def remember(self, run: str) -> None:
        """This process has just recorded the run: for a while it is certainly in the log."""
        self._young.put(run, monotonic())

    async def has_ended(self, workspace: str, run: str) -> bool:
        """Whether Postgres shows the run finished. Raises: Unavailable."""
        born = self._young.get(run)
        if born is not None and monotonic() - born < YOUNG_SECONDS:
            return False
        return await runs.finished(self._pool, workspace, run) is not None

    async def is_known(self, workspace: str, run: str) -> bool:
        """Whether the run was ever recorded. Raises: Unavailable."""
        if await runs.get_run(self._pool, workspace, run) is not None:
            return True
        return bool(await self._log.last_sequence(workspace, run))

    async def workspace_of(self, run: str) -> str:
        """Whose run it is. Raises: NotFound, Unavailable."""
        found = await runs.workspace_of(self._pool, run)
        if found is not None:
            return found
        for entry in (await self._log.history("*", run)).entries:
            return entry.address.workspace
        raise NotFound(f"There is no run {run!r}.")

    async def facts(self, workspace: str, run: str) -> Sequence[Entry]:
        """Every lifecycle fact of the run, in order. Raises: NotFound, Unavailable."""
        if not await self.has_ended(workspace, run):
            history = await self._log.history(workspace, run)
            if any(entry.rest == "requested" for entry in history.entries):
                return history.entries
        entries = await self.past(workspace, run)
        if not entries:
            raise NotFound(f"There is no run {run!r} in this workspace.")
        return entries

    async def past(self, workspace: str, run: str) -> Sequence[Entry]:
        """The facts of a run Postgres shows finished; none for any other. Raises: Unavailable."""
        if await runs.finished(self._pool, workspace, run) is None:
            return ()
        entries: list[Entry] = []
        after = 0
        while True:
            page = await facts.facts_of(self._pool, workspace, run, after=after, limit=PAGE)
            entries += page
            if len(page) < PAGE:
                return entries
            after = page[-1].sequence

    async def blob(self, workspace: str, run: str, sha256: str) -> bytes:
        """A large body of the run. Raises: NotFound, Unavailable."""
        body = await self._log.get_blob(workspace, run, sha256)
        if body is None:
            body = await facts.body_of(self._pool, workspace, run, sha256)
        if body is None:
            raise NotFound(f"There is no body {sha256!r} of run {run!r} in this workspace.")
        return body

    async def list(
        self, wanted: runs.Wanted, after: Cursor, limit: int
    ) -> Sequence[tuple[runs.Run, Usage]]:
        """Runs as Postgres shows them, newest first, with what they used. Raises: Unavailable."""
        rows = await runs.list_runs(self._pool, wanted, cursor=runs.Cursor(*after), limit=limit)
        used = await runs.usage_of(self._pool, [row.run for row in rows])
        return [(row, total(used.get(row.run, {}).values())) for row in rows]
