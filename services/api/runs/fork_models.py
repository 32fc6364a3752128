"""What the calls that fork runs take and answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field, JsonValue

from services.api.http.long_texts import LongText
from services.api.http.models import RUN_ID, Body, Shape
from services.api.runs.models import Accepted, ForkedFrom
from services.api.runs.step_models import NodeRef
from shared.flow import JSON

PARENT_ID = "01a203aa-0000-7000-8000-000000000000"
MOST_STEPS = 20_000
Named = Annotated[list[int | str], Field(max_length=MOST_STEPS)]


class ForkBody(Body):
    """From which steps to run again, and what to change.

    Steps are numbers or node ids. What is left out is as it was; `variables` replace those of the
    same name, `overrides` values in the data of nodes. `version` is `same`, `latest` or a version
    of the pipeline; `until_steps` end the run behind them.
    """

    EXAMPLE: ClassVar[JSON] = {
        "from_steps": ["poet"],
        "overrides": {"poet": {"instructions": "Write a limerick."}},
    }
    LONG: ClassVar[Mapping[str, int]] = {"input": 1}

    from_steps: Named
    input: LongText | None = None
    variables: dict[str, str] = Field(default={})
    overrides: dict[str, dict[str, JsonValue]] = Field(default={})
    version: str = Field(default="same", max_length=64)
    until_steps: Named = Field(default=[])


_PLAN: dict[str, JSON] = {
    "forked_from": {"run": PARENT_ID, "from_steps": [1]},
    "kept": [{"step": 0, "node": "topic"}],
    "rerun": [{"step": 1, "node": "poet"}],
}


class ForkPlan(Shape):
    """What a fork keeps and what it runs again, by the steps of its own flow.

    What is in neither is skipped: a branch not taken again, or behind the end of the run.
    """

    EXAMPLE: ClassVar[JSON] = _PLAN

    forked_from: ForkedFrom
    kept: list[NodeRef]
    rerun: list[NodeRef]


class ForkAccepted(Accepted, ForkPlan):
    """A fork the log has; `events_url` needs no token for a day."""

    EXAMPLE: ClassVar[JSON] = {
        "run_id": RUN_ID,
        "status": "pending",
        "events_url": f"http://localhost:8080/api/v1/runs/{RUN_ID}/events?ticket=default.1927...",
        **_PLAN,
    }
