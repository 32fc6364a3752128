"""What the calls for admins answer, as shapes."""

from __future__ import annotations

from datetime import datetime

from services.api.http.shapes import Page, Shape
from services.api.runs.models import RunListed
from shared.run import RunStatus


class RunOfWorkspace(RunListed):
    """A run in a list over all workspaces."""

    workspace: str


class AllRunPage(Page[RunOfWorkspace]):
    """Runs of all workspaces, newest first."""


class QueueShape(Shape):
    """Ready steps that wait for a worker, and those that workers have in hand."""

    pool: str
    queue: str
    waiting: int
    in_progress: int
    oldest_seconds: float | None


class Slots(Shape):
    """How many steps of a pool a worker takes at a time, and has."""

    slots: int
    used: int


class WorkerShape(Shape):
    """A worker that is heard of, with its slots by pool."""

    worker: str
    pools: dict[str, Slots]


class PartitionShape(Shape):
    """A partition: the scheduler that works it, what that has yet to do, how far it is copied."""

    partition: int
    owner: str | None
    waiting: int
    in_progress: int
    position: int
    behind_facts: int
    behind_seconds: float


class Lag(Shape):
    """How far Postgres is behind the log."""

    behind_facts: int
    behind_seconds: float


class Readers(Shape):
    """Readers of this process, and what they read."""

    readers: int
    watched_runs: int
    watched_workspaces: int


class LogShape(Shape):
    """The log's size; `limit_bytes` is null without a limit."""

    entries: int
    last_sequence: int
    size_bytes: int
    limit_bytes: int | None
    created_at: datetime


class LivingRuns(Shape):
    """Runs that have not ended, as Postgres knows them."""

    living: int
    by_status: dict[RunStatus, int]


class System(Shape):
    """The system at one look."""

    queues: list[QueueShape]
    workers: list[WorkerShape]
    partitions: list[PartitionShape]
    projector: Lag
    readers: Readers
    log: LogShape
    runs: LivingRuns
    versions: dict[str, str]
