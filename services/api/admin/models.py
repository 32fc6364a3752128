"""What the calls for admins answer."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from services.api.http.models import AT, Page, Shape, page_example
from services.api.runs.models import LISTED_RUN, RunListed
from shared.flow import JSON
from shared.run import RunStatus


class RunOfWorkspace(RunListed):
    """A run in a list over all workspaces."""

    workspace: str


class AllRunPage(Page[RunOfWorkspace]):
    """Runs of all workspaces, newest first."""

    EXAMPLE: ClassVar[JSON] = page_example({**LISTED_RUN, "workspace": "default"})


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


class StoreShape(Shape):
    """A stream or a bucket: what it holds; `limit_bytes` is null without a limit."""

    store: str
    size_bytes: int
    limit_bytes: int | None


class LivingRuns(Shape):
    """Runs that have not ended, as Postgres knows them."""

    living: int
    by_status: dict[RunStatus, int]


class System(Shape):
    """The system at one look."""

    EXAMPLE: ClassVar[JSON] = {
        "queues": [
            {
                "pool": "default",
                "queue": "shared",
                "waiting": 3,
                "in_progress": 64,
                "oldest_seconds": 0.8,
            }
        ],
        "workers": [{"worker": "agent-worker-1", "pools": {"default": {"slots": 64, "used": 64}}}],
        "partitions": [
            {
                "partition": 0,
                "owner": "scheduler",
                "waiting": 0,
                "in_progress": 2,
                "position": 81_204,
                "behind_facts": 12,
                "behind_seconds": 0.04,
            }
        ],
        "projector": {"behind_facts": 12, "behind_seconds": 0.04},
        "readers": {"readers": 5, "watched_runs": 2, "watched_workspaces": 1},
        "log": {
            "entries": 40_112,
            "last_sequence": 81_216,
            "size_bytes": 21_733_120,
            "limit_bytes": 8_589_934_592,
            "created_at": AT,
        },
        "stores": [{"store": "BLOBS", "size_bytes": 1_048_576, "limit_bytes": 17_179_869_184}],
        "runs": {"living": 70, "by_status": {"running": 69, "waiting": 1}},
        "versions": {"penstock": "0.1.0", "nats": "2.15.1", "postgres": "18.4"},
    }

    queues: list[QueueShape]
    workers: list[WorkerShape]
    partitions: list[PartitionShape]
    projector: Lag
    readers: Readers
    log: LogShape
    stores: list[StoreShape]
    runs: LivingRuns
    versions: dict[str, str]
