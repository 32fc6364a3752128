"""What the API answers, typed; fields a newer server adds are kept in `model_extra`.

What it answers of runs is in `run_results`.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

Json = dict[str, JsonValue]


class Result(BaseModel):
    """A frozen answer."""

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())


class Blob(Result):
    """A text too large to travel inside an answer: its hash, its size, where to read it."""

    blob: str
    size_bytes: int
    url: str = ""


Text = str | Blob


class Problem(Result):
    """One thing wrong with a flow; `nodes` are node ids."""

    code: str
    message: str
    nodes: tuple[str, ...] = ()


class Pipeline(Result):
    """A named, versioned flow; `version` is the content hash, `problems` bar it from running.

    `version_number` counts its versions, `revision` its saves; `warnings` are likely mistakes.
    """

    id: str
    name: str
    flow: Json = {}
    tags: tuple[str, ...] = ()
    version: str = ""
    version_number: int = 0
    revision: int = 0
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    created_at: str = ""
    updated_at: str = ""
    deleted_at: str | None = None


class Queue(Result):
    """Ready steps that wait for a worker; `oldest_seconds` is None if none does."""

    pool: str
    queue: str
    waiting: int
    in_progress: int
    oldest_seconds: float | None


class Slots(Result):
    """How many steps of a pool a worker takes at a time, and has."""

    slots: int
    used: int


class Worker(Result):
    """A worker that is heard of, with its slots by pool."""

    worker: str
    pools: dict[str, Slots]


class Partition(Result):
    """A partition: who works it, what waits for that scheduler, how far it is copied."""

    partition: int
    owner: str | None
    waiting: int
    in_progress: int
    position: int = 0
    behind_facts: int
    behind_seconds: float


class Store(Result):
    """A stream or a bucket: what it holds and may hold, in bytes; None is without a limit."""

    store: str
    size_bytes: int
    limit_bytes: int | None = None

    @property
    def fullness(self) -> float:
        """The part of the limit that is taken, 0 to 1; 0 without a limit."""
        return self.size_bytes / self.limit_bytes if self.limit_bytes else 0.0


class System(Result):
    """The system at one look."""

    queues: tuple[Queue, ...]
    workers: tuple[Worker, ...]
    partitions: tuple[Partition, ...]
    projector: dict[str, float]
    readers: dict[str, int]
    log: Json
    stores: tuple[Store, ...] = ()
    runs: Json
    versions: dict[str, str]


class Validation(Result):
    """What is wrong with a flow, likely mistakes in it, and the node ids in the order they run."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    order: tuple[str, ...] = ()
    version: str | None = None


Item = TypeVar("Item", bound=Result)


class Page(Result, Generic[Item]):
    """One page of a list; `next_cursor` leads to the next one, None ends it."""

    items: tuple[Item, ...]
    next_cursor: str | None = None
