"""What every fact says: whose run it is about, and which step, attempt and execution."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.run.versions import exactly


class RunFact(BaseModel):
    """What every fact says: whose run it is about, and when its writer wrote it."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())

    version: Annotated[int, *exactly(1)] = 1
    at: str = Field(default="", exclude=True)
    workspace: str
    run: str
    partition: int


class StepFact(RunFact):
    """A fact about one attempt of one step; `node` is the step's node id in the flow."""

    step: int
    node: str
    attempt: int


class ExecutionFact(StepFact):
    """A fact about one delivery of one attempt to a worker."""

    execution: int
