"""Runs: started, read, followed, cancelled."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Literal, TypedDict, Unpack
from urllib.parse import quote

from penstock_client.batches import Batch
from penstock_client.connection import Connection
from penstock_client.errors import ContractError
from penstock_client.event import Event
from penstock_client.follow import Follower, Patience, events_path
from penstock_client.forks import Forked, ForkPlan
from penstock_client.paging import items
from penstock_client.results import Page
from penstock_client.run_filter import RunFilter, filter_texts
from penstock_client.run_results import Accepted, Cancelling, Decided, Run, Step
from penstock_client.view import RunView
from penstock_client.waits import RunWaits, WaitingFor

_MAX_REREADS = 5


class RunFields(TypedDict, total=False):
    """What a run is made of: exactly one of `flow` and `pipeline_id`, the rest as needed.

    `alias` is of the pipeline, and names the version that is run.
    """

    flow: Mapping[str, object]
    pipeline_id: str
    alias: str
    input: str
    variables: Mapping[str, str]
    limits: Mapping[str, object]
    metadata: Mapping[str, object]
    tags: Sequence[str]
    on_disconnect: str
    priority: str
    start_at: str


class BatchFields(RunFields, total=False):
    """A run of a batch, and what makes it the same as an earlier one."""

    idempotency_key: str


class Changes(TypedDict, total=False):
    """What a fork does otherwise than its parent: by node id `overrides`, values of its data.

    `version` is "same", "latest" or a version of the pipeline; the run ends behind `until_steps`.
    """

    input: str
    variables: Mapping[str, str]
    overrides: Mapping[str, Mapping[str, object]]
    version: str
    until_steps: Sequence[int | str]


class Runs:
    """`/runs`."""

    def __init__(self, connection: Connection, patience: Patience) -> None:
        self._connection = connection
        self._patience = patience

    async def create(
        self,
        *,
        idempotency_key: str | None = None,
        wait: float | None = None,
        **fields: Unpack[RunFields],
    ) -> Accepted:
        """The run, once the log has it; with `wait`, once it ended or `wait` seconds passed.

        The same `idempotency_key` and fields give the same run, however often they are sent.

        Raises:
            RejectedError: with a problem for everything that is wrong.
            ConflictError: the key was used for other fields.
        """
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else None
        answer = await self._connection.send(
            "POST", f"/runs{_waiting(wait)}", fields, headers=headers, answer_seconds=wait or 0
        )
        return answer.read(Accepted)

    async def create_many(self, runs: Sequence[BatchFields]) -> Batch:
        """What became of each of these runs, a thousand at most; each is accepted by itself.

        With an `idempotency_key` each, the whole may be sent again, whatever became of it.

        Raises:
            RejectedError: the runs do not fit; none has begun.
        """
        answer = await self._connection.send("POST", "/runs/batch", {"runs": list(runs)})
        return answer.read(Batch)

    async def fork(
        self,
        run_id: str,
        from_steps: Sequence[int | str],
        *,
        idempotency_key: str | None = None,
        wait: float | None = None,
        **changes: Unpack[Changes],
    ) -> Forked:
        """A run that keeps what this one, which is over, has done, and runs these steps again.

        With all that follows from them, and from what is changed. Steps are numbers or node ids.

        Raises:
            RejectedError: with a problem for everything that is wrong.
            ConflictError: the run is not over; or the key was used for another fork.
        """
        body = {**changes, "from_steps": list(from_steps)}
        return await self._forked(f"{_path(run_id)}/fork", body, idempotency_key, wait)

    async def plan_fork(
        self, run_id: str, from_steps: Sequence[int | str], **changes: Unpack[Changes]
    ) -> ForkPlan:
        """What such a fork would keep and run again; nothing is stored. Raises: as `fork`."""
        body = {**changes, "from_steps": list(from_steps)}
        path = f"{_path(run_id)}/fork?dry_run=true"
        return (await self._connection.send("POST", path, body)).read(ForkPlan)

    async def retry(
        self, run_id: str, *, idempotency_key: str | None = None, wait: float | None = None
    ) -> Forked:
        """A fork, unchanged, from every step that did not complete; approvals given are kept.

        Raises:
            ConflictError: the run is not over, or every step of it completed.
        """
        return await self._forked(f"{_path(run_id)}/retry", None, idempotency_key, wait)

    def forks(self, run_id: str, *, page_size: int = 50) -> AsyncIterator[Run]:
        """The forks of the run, newest first, retries among them."""
        path = f"{_path(run_id)}/forks"
        return items(self._connection, path, Page[Run], {"limit": str(page_size)})

    async def _forked(
        self, path: str, body: Mapping[str, object] | None, key: str | None, wait: float | None
    ) -> Forked:
        headers = {"Idempotency-Key": key} if key else None
        answer = await self._connection.send(
            "POST", f"{path}{_waiting(wait)}", body, headers=headers, answer_seconds=wait or 0
        )
        return answer.read(Forked)

    async def get(self, run_id: str) -> Run:
        """The run with its steps."""
        return (await self._connection.get(_path(run_id))).read(Run)

    async def waiting_for(self, run_id: str) -> WaitingFor | None:
        """What the run waits for, of which nothing is under way; None if it goes on or is over."""
        answer = await self._connection.get(f"{_path(run_id)}/waiting-for")
        return answer.read(RunWaits).waiting_for

    def list(self, *, page_size: int = 50, **wanted: Unpack[RunFilter]) -> AsyncIterator[Run]:
        """Runs, newest first, that are all that is asked; such as have ids that begin so.

        Pages of `page_size` are asked for as they are needed.
        """
        params = {**filter_texts(wanted), "limit": str(page_size)}
        return items(self._connection, "/runs", Page[Run], params)

    def steps(self, run_id: str, *, node: str | None = None) -> AsyncIterator[Step]:
        """The steps in the order of their numbers, or those of one node."""
        params = {"node": node} if node else {}
        return items(self._connection, f"{_path(run_id)}/steps", Page[Step], params)

    async def output(self, run_id: str, step: int) -> str:
        """The whole output of a step, however large."""
        answer = await self._connection.get(f"{_path(run_id)}/steps/{step}/output")
        return answer.content.decode()

    async def cancel(self, run_id: str, *, wait: float | None = None) -> Cancelling:
        """How the run stands once the cancel is recorded.

        With `wait`, once it has ended or `wait` seconds passed: if it has ended, with a receipt of
        every attempt that was cancelled.
        """
        path = f"{_path(run_id)}/cancel{_waiting(wait)}"
        return (await self._connection.post(path, answer_seconds=wait or 0)).read(Cancelling)

    async def delete(self, run_id: str) -> None:
        """The run, which is over, is deleted for ever within seconds: facts, texts, what it used.

        Raises:
            ConflictError: the run is not over.
        """
        await self._connection.send("DELETE", _path(run_id), None)

    async def decide(
        self,
        run_id: str,
        step: int,
        decision: Literal["approve", "reject"],
        *,
        comment: str | None = None,
    ) -> Decided:
        """The decision of a step that waits for a person, once it is recorded.

        Raises:
            ConflictError: it was decided before, by whom `detail` says; or it does not wait.
        """
        body = {"decision": decision, "comment": comment}
        answer = await self._connection.send("POST", f"{_path(run_id)}/steps/{step}/decision", body)
        return answer.read(Decided)

    def events(
        self, run_or_url: str, *, after: int | None = None, types: Sequence[str] = ()
    ) -> AsyncGenerator[Event]:
        """The events of a run, by its id or its `events_url`: each once, in order, to its end.

        Cut connections are resumed; `after` is the id of the last event already seen. Close the
        generator (`contextlib.aclosing`) when leaving it early.

        Raises: as `Follower.events`.
        """
        url = events_path(run_or_url, tuple(types))
        follower = Follower(self._connection, url, after=after, patience=self._patience)
        return follower.events()

    def feed(self, *, after: int | None = None, types: Sequence[str] = ()) -> AsyncGenerator[Event]:
        """The lifecycle of all runs, without the words of agents and without end: each fact once.

        What follows `after`, the id of the last event already seen; without it what is new. A cut
        before the first event begins anew with what is new then. Close it as `events`.

        Raises: as `Follower.events`.
        """
        url = events_path("/api/v1/events", tuple(types))
        follower = Follower(self._connection, url, after=after, patience=self._patience)
        return follower.events()

    async def watch(self, run_or_url: str) -> AsyncGenerator[tuple[Event, RunView]]:
        """Every event with the view of the run after it, from the run's beginning to its end.

        Where text turns out to be missing the run is read again from its beginning, with a view
        that starts empty: events then come a second time, the view is right throughout.
        """
        for _ in range(_MAX_REREADS):
            view = RunView()
            async with aclosing(self.events(run_or_url)) as events:
                async for event in events:
                    view = view.after(event)
                    if view.needs_reread:
                        break
                    yield event, view
            if not view.needs_reread:
                return
        raise ContractError(
            f"text was missing from the events of {run_or_url} {_MAX_REREADS} times",
            code="events_incomplete",
        )


def _path(run_id: str) -> str:
    return f"/runs/{quote(run_id, safe='')}"


def _waiting(seconds: float | None) -> str:
    return "" if seconds is None else f"?wait={seconds:g}"
