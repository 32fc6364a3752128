"""Parked runs: listed, looked at again, ended; for the token of an admin."""

from __future__ import annotations

from urllib.parse import quote

from penstock_client.connection import Connection
from penstock_client.results import Result

_LOOKING_SECONDS = 10.0


class ParkedBy(Result):
    """Who has parked a run, and why; `instance` is None for the projector.

    `sequence`, `type` and `version` are those of the fact that was not understood, if one is to
    blame; `explanation` says what may be done about it.
    """

    service: str
    instance: str | None
    since: str
    code: str
    reason: str
    explanation: str
    sequence: int | None
    type: str | None
    version: int | None


class ParkedRun(Result):
    """A run that a service, or both, left alone; times are RFC 3339."""

    run_id: str
    workspace: str
    since: str
    by: tuple[ParkedBy, ...]


class ParkedList(Result):
    """The longest parked; `more` are parked too, and of `silent_partitions` nothing is known."""

    items: tuple[ParkedRun, ...]
    more: int
    silent_partitions: tuple[int, ...]


class Look(Result):
    """What a service found when it looked again: released, parked, not_parked or silent."""

    service: str
    instance: str | None
    outcome: str
    explanation: str


class Released(Result):
    """Whether the run goes on now: `released`, or still `parked`."""

    run_id: str
    workspace: str
    status: str
    by: tuple[Look, ...]


class Ended(Result):
    """A run that is over, with the code and the message of its error."""

    run_id: str
    workspace: str
    status: str
    code: str
    message: str


class Parked:
    """`/admin/parked`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def list(self, *, limit: int = 100) -> ParkedList:
        """The parked runs of all workspaces, the longest parked first."""
        answer = await self._connection.get("/admin/parked", {"limit": str(limit)})
        return answer.read(ParkedList)

    async def release(self, run_id: str) -> Released:
        """Have the run looked at again, and tell whether it goes on.

        Raises:
            ConflictError: it is not parked.
        """
        path = f"{_path(run_id)}/release"
        return (await self._connection.post(path, answer_seconds=_LOOKING_SECONDS)).read(Released)

    async def end(self, run_id: str, *, reason: str | None = None) -> Ended:
        """End the run for good: it fails with the code `ended_by_person`.

        Raises:
            ConflictError: it is not parked, or over.
        """
        body = None if reason is None else {"reason": reason}
        path = f"{_path(run_id)}/end"
        answer = await self._connection.post(path, body, answer_seconds=_LOOKING_SECONDS)
        return answer.read(Ended)


def _path(run_id: str) -> str:
    return f"/admin/parked/{quote(run_id, safe='')}"
