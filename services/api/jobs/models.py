"""What calls about jobs take and answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from services.api.http.models import AT, Body, Moment, Shape
from services.api.runs.models import Tags
from shared.flow import JSON
from shared.ledger.listing import Wanted
from shared.run import RunStatus

JOB_ID = "01951f6e-7a10-7000-8000-000000000009"
Living = Literal["pending", "running", "waiting"]
_FILTER: JSON = {"status": ["waiting"], "tags": ["prod"]}


class RunsFilter(Body):
    """Which runs are meant: those that are all of this. Names as `GET /runs` has them."""

    STATUSES: ClassVar[frozenset[RunStatus]]
    """What is meant where no status is given."""

    status: list[Any] = Field(default=[])
    pipeline_id: str | None = None
    tags: Tags = Field(default=[])
    metadata: dict[str, JsonValue] = Field(default={})
    search: str | None = Field(default=None, min_length=2, max_length=200)
    requested_by: str | None = Field(default=None, min_length=1, max_length=200)
    created_after: Moment | None = None
    created_before: Moment | None = None

    def wanted(self, workspace: str, until: datetime | None) -> Wanted:
        """The runs of the workspace that are meant, of those asked for before `until`."""
        times = [each for each in (self.created_before, until) if each is not None]
        return Wanted(
            workspace=workspace,
            statuses=frozenset(self.status) or self.STATUSES,
            pipeline_id=self.pipeline_id,
            tags=tuple(self.tags),
            metadata=self.metadata,
            search=self.search,
            requested_by=self.requested_by,
            created_after=self.created_after,
            created_before=min(times, default=None),
            oldest_first=True,
        )


class JobFilter(RunsFilter):
    """Which living runs are meant: those that are all of this. Names as `GET /runs` has them."""

    EXAMPLE: ClassVar[JSON] = _FILTER
    STATUSES = frozenset({"pending", "running", "waiting"})

    status: Annotated[list[Living], Field(max_length=3)] = Field(default=[])


class RetryFilter(RunsFilter):
    """Which runs that are over are meant; without a status those that failed."""

    EXAMPLE: ClassVar[JSON] = {"tags": ["prod"], "ended_after": AT}
    STATUSES = frozenset({"failed"})

    status: Annotated[list[Literal["failed", "cancelled"]], Field(max_length=2)] = Field(default=[])
    ended_after: Moment | None = None
    ended_before: Moment | None = None

    def wanted(self, workspace: str, until: datetime | None) -> Wanted:
        """As of any filter, and when they ended."""
        wanted = super().wanted(workspace, until)
        return replace(wanted, ended_after=self.ended_after, ended_before=self.ended_before)


class CancelRunsBody(Body):
    """Which runs are to stop, and why. An empty filter is all of the workspace that live."""

    EXAMPLE: ClassVar[JSON] = {"filter": _FILTER, "reason": "the wrong model"}

    filter: JobFilter
    reason: str | None = Field(default=None, max_length=2_000)


class RetryRunsBody(Body):
    """Which runs are to be run again. An empty filter is all of the workspace that failed."""

    EXAMPLE: ClassVar[JSON] = {"filter": RetryFilter.EXAMPLE}

    filter: RetryFilter


class JobShape(Shape):
    """A job: `total` runs were meant when it began, `done` of them are stopped or run again by now.

    `skipped` were left out, `failed` could not be; `reasons` tells by code of how many. The three
    may end below `total`, for runs end by themselves meanwhile. `waiting_for` says what the next
    run waits for: a limit of the workspace, or room.
    """

    EXAMPLE: ClassVar[JSON] = {
        "id": JOB_ID,
        "kind": "retry",
        "status": "running",
        "filter": RetryFilter.EXAMPLE,
        "reason": None,
        "requested_by": "ci",
        "created_at": AT,
        "finished_at": None,
        "total": 1_000,
        "done": 400,
        "skipped": 10,
        "failed": 2,
        "reasons": {"retried_before": 10, "no_provider_key": 2},
        "waiting_for": None,
        "cancelled_by": None,
    }

    id: UUID
    kind: Literal["cancel", "retry"]
    status: Literal["running", "done", "cancelled"]
    filter: dict[str, Any]
    reason: str | None
    requested_by: str
    created_at: datetime
    finished_at: datetime | None
    total: int
    done: int
    skipped: int
    failed: int
    reasons: dict[str, int]
    waiting_for: str | None
    cancelled_by: str | None


class JobPage(Shape):
    """Jobs, newest first."""

    EXAMPLE: ClassVar[JSON] = {"items": [JobShape.EXAMPLE], "next_cursor": None}

    items: list[JobShape]
    next_cursor: str | None
