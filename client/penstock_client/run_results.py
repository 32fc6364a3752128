"""What the API answers of runs, typed."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field, JsonValue

from penstock_client.results import Json, Result, Text
from penstock_client.waits import WaitingFor


class WithOutput(Result):
    """What may have an output; `is_json`: that is JSON which fits the schema of its agent."""

    output: Text | None = None
    is_json: Annotated[bool, Field(alias="json")] = False

    @property
    def output_json(self) -> JsonValue:
        """The output, parsed.

        Raises: ValueError where it need not be JSON, or is too large to have come along.
        """
        text = self.output if isinstance(self.output, str) else None
        if text is None or not self.is_json:
            found = (
                "a text that need not be JSON" if text is not None else "none, or where to read it"
            )
            raise ValueError(f"expected an output that fits a schema, got {found}")
        value: JsonValue = json.loads(text)
        return value


class Accepted(Result):
    """A run the log has acknowledged; with `wait` it may have ended already."""

    run_id: str
    status: str
    events_url: str = ""


class ForkedFrom(Result):
    """The run that a fork goes back to, and the steps of that one which were to run again."""

    run: str
    from_steps: tuple[int, ...] = ()


class Approval(Result):
    """A question to a person, who alone may decide it, and who or what did; times are RFC 3339."""

    prompt: str | None = None
    approvers: tuple[str, ...] | None = None
    asked_at: str = ""
    expires_at: str | None = None
    decision: str | None = None
    comment: str | None = None
    decided_by: str | None = None
    decided_at: str | None = None
    decided_in: str | None = None
    timed_out: bool = False


class Step(WithOutput):
    """One step of a run; `step` is the number every event carries."""

    step: int
    node: str
    kind: str = ""
    label: str | None = None
    status: str
    attempt: int = 0
    ready_at: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    model: str | None = None
    error: Json | None = None
    usage: Json = Field(default={})
    cost_usd: str | None = None
    approval: Approval | None = None
    kept: bool = False


class Run(WithOutput):
    """A run, never behind what a client was told; lists tell the beginning of its input alone."""

    run_id: str
    status: str
    pipeline_id: str | None = None
    pipeline_version: str | None = None
    pipeline_name: str | None = None
    flow: str = ""
    created_at: str = ""
    started_at: str | None = None
    cancel_requested_at: str | None = None
    finished_at: str | None = None
    start_at: str | None = None
    waiting_for: WaitingFor | None = None
    input: Text = ""
    input_preview: str = ""
    input_size_bytes: int = 0
    outputs: Json = Field(default={})
    variables: dict[str, str] = Field(default={})
    limits: Json = Field(default={})
    on_disconnect: str = "continue"
    priority: str = "interactive"
    metadata: Json = Field(default={})
    tags: tuple[str, ...] = ()
    requested_by: str | None = None
    forked_from: ForkedFrom | None = None
    error: Json | None = None
    usage: Json = Field(default={})
    cost_usd: str | None = None
    events_url: str = ""
    steps: tuple[Step, ...] = ()


class Receipt(Result):
    """What a cancelled attempt had done; `text` is None where it is long."""

    aborted_after_ms: float | None = None
    text: str | None = None
    text_size_bytes: int = 0
    usage: Json = Field(default={})


class StepReceipt(Result):
    """The receipt of one cancelled attempt of a step; `execution` is None where nobody had begun.

    `at_least`: the provider may count more than the usage says.
    """

    step: int
    node: str
    attempt: int
    execution: int | None = None
    model: str | None = None
    receipt: Receipt
    at_least: bool = False


class Cancelling(Result):
    """The answer to a cancel: `cancelling`, or with `wait` how the run ended and the receipts."""

    run_id: str = ""
    status: str
    receipts: tuple[StepReceipt, ...] = ()


class Decided(Result):
    """A decision as the log has it."""

    run_id: str = ""
    step: int
    node: str
    decision: str
    comment: str | None = None
    decided_by: str | None = None
    decided_at: str
