"""What the calls about parked runs take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from pydantic import Field

from services.api.http.models import AT, RUN_ID, Body, Shape
from services.api.http.parameters import Query, WholeNumber
from shared.flow import JSON
from shared.run import RunStatus

MOST_LISTED = 200

Service: TypeAlias = Literal["scheduler", "projector"]
_EXPLAINED = (
    "The scheduler scheduler-1 does not understand fact 81204 of this run, which says that it "
    "is `run.paused`, version 1: a newer Penstock wrote it, or something that is not Penstock. "
    "Meanwhile nothing happens in the run: update the scheduler and release the run, or end it."
)


class HowMany(Query):
    """How long a list is."""

    limit: WholeNumber = Field(100, ge=1, le=MOST_LISTED, description="runs at most")


class EndBody(Body):
    """Why a parked run is ended; may be left out."""

    EXAMPLE: ClassVar[JSON] = {"reason": "written by a trial version that is gone"}

    reason: str | None = Field(default=None, max_length=2_000)


class ParkedBy(Shape):
    """Who has parked a run, and why.

    `instance` is null for the projector, whose instances share what is parked. `sequence`, `type`
    and `version` are those of the fact that was not understood, where a fact is to blame.
    """

    service: Service
    instance: str | None
    since: datetime
    code: str
    reason: str
    explanation: str
    sequence: int | None
    type: str | None
    version: int | None


class ParkedRunShape(Shape):
    """A run that is left alone by a service, or by both, until it is understood or ended."""

    run_id: str
    workspace: str
    since: datetime
    by: list[ParkedBy]


class ParkedList(Shape):
    """Parked runs of all workspaces, the longest parked first.

    `more` are parked too, as far as is known. Of `silent_partitions` no scheduler is heard: what
    they have parked is not told.
    """

    EXAMPLE: ClassVar[JSON] = {
        "items": [
            {
                "run_id": RUN_ID,
                "workspace": "default",
                "since": AT,
                "by": [
                    {
                        "service": "scheduler",
                        "instance": "scheduler-1",
                        "since": AT,
                        "code": "unknown_fact",
                        "reason": "expected a fact of a type and version known here, found ...",
                        "explanation": _EXPLAINED,
                        "sequence": 81_204,
                        "type": "run.paused",
                        "version": 1,
                    }
                ],
            }
        ],
        "more": 0,
        "silent_partitions": [],
    }

    items: list[ParkedRunShape]
    more: int
    silent_partitions: list[int]


class LookShape(Shape):
    """What a service found when it looked at a run again; `silent` if it did not answer."""

    service: Service
    instance: str | None
    outcome: Literal["released", "parked", "not_parked", "silent"]
    explanation: str


class ReleaseAnswer(Shape):
    """Whether the run goes on now: `released`, or still `parked` with somebody."""

    EXAMPLE: ClassVar[JSON] = {
        "run_id": RUN_ID,
        "workspace": "default",
        "status": "released",
        "by": [
            {
                "service": "scheduler",
                "instance": "scheduler-2",
                "outcome": "released",
                "explanation": "The scheduler scheduler-2 understands the run, which goes on.",
            }
        ],
    }

    run_id: str
    workspace: str
    status: Literal["released", "parked"]
    by: list[LookShape]


class EndAnswer(Shape):
    """The run is over, and why it says so."""

    EXAMPLE: ClassVar[JSON] = {
        "run_id": RUN_ID,
        "workspace": "default",
        "status": "failed",
        "code": "ended_by_person",
        "message": "A person ended the run while it was parked: written by a trial version",
    }

    run_id: str
    workspace: str
    status: RunStatus
    code: str
    message: str
