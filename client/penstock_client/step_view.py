"""What a reader knows of one step: its events folded by one pure function.

The rules are those of the law that `penstock_client.view` states.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from penstock_client.call_view import CallView, after_called, after_returned
from penstock_client.citation_view import CitationView, after_cited, citations_in
from penstock_client.event import Data, Event, integer_in, mapping_in
from penstock_client.status import StepStatus

ENDED: frozenset[str] = frozenset({"completed", "failed", "cancelled"})
_SETTLED = ENDED | {"skipped"}


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """An attempt that failed before the one that is shown.

    `model` is the one asked, where the agent has fallbacks; `error` is `{"code", "message", ...}`.
    """

    attempt: int
    model: str | None
    error: Data


@dataclass(frozen=True, slots=True)
class StepView:
    """One step as far as the events tell: its highest attempt, and that one's text.

    `kind` is empty for steps no worker executes. `blob` stands for an output too large for an
    event: `{"blob", "size_bytes", "url"}`; `text` is then empty. `has_outcome` is about the
    attempt, `status` about the step. `progress` is what the model is at, `asked` the question to a
    person, `decided` the first of a person's decision and the timeout, each as the event has it.
    `model` is the one asked where there are several, `first_model` the one asked first of all.
    `calls` are those of tools that workers call, in their order, `citations` the sources that the
    model named, of which the outcome left `citations_left_out` out. `usage` is that of the finished
    turns, then of all the attempt.
    """

    step: int
    node: str
    kind: str = ""
    status: StepStatus = "pending"
    attempt: int = 0
    execution: int = 0
    has_outcome: bool = False
    text: str = ""
    thinking: str = ""
    tool: str | None = None
    calls: tuple[CallView, ...] = ()
    failures: tuple[FailedAttempt, ...] = ()
    progress: Data | None = None
    blob: Data | None = None
    error: Data | None = None
    usage: Data = field(default_factory=dict)
    asked: Data | None = None
    decided: Data | None = None
    model: str | None = None
    first_model: str | None = None
    citations: tuple[CitationView, ...] = ()
    citations_left_out: int = 0

    @property
    def stands_in_for(self) -> str | None:
        """The model in whose place another is asked, if one is."""
        return None if self.model == self.first_model else self.first_model

    @property
    def is_asking(self) -> bool:
        """Whether a person's decision is still awaited."""
        return self.status == "waiting" and self.decided is None

    @property
    def is_settled(self) -> bool:
        """Whether no further words can come."""
        return self.status in _SETTLED

    def after(self, event: Event) -> StepView | None:
        """The step once `event` happened; itself if that is stale; None if text is missing."""
        if event.type == "step.skipped":
            return replace(self, status="skipped")
        rule = _RULES.get(event.type)
        attempt = integer_in(event.data, "attempt")
        if rule is None or attempt < self.attempt:
            return self
        step = self if attempt == self.attempt else self._at_attempt(attempt)
        if step.has_outcome:
            return replace(step, status="retrying") if event.type in _RETRIES else step
        if event.type in _EXECUTIONS:
            execution = integer_in(event.data, "execution")
            if execution < step.execution:
                return step
            step = replace(step, execution=execution)
        return rule(step, event.data)

    def _at_attempt(self, attempt: int) -> StepView:
        failures = self.failures
        if self.error is not None:
            failures = (*failures, FailedAttempt(self.attempt, self.model, self.error))
        return StepView(
            step=self.step,
            node=self.node,
            kind=self.kind,
            attempt=attempt,
            failures=failures,
            model=self.first_model,
            first_model=self.first_model,
        )


def _ready(step: StepView, data: Data) -> StepView:
    said = data.get("model")
    model = said if isinstance(said, str) else step.first_model
    return replace(
        step,
        status="ready",
        kind=str(data.get("kind", step.kind)),
        model=model,
        first_model=step.first_model or model,
    )


def _started(step: StepView, _: Data) -> StepView:
    return replace(step, status="running")


def _released(step: StepView, _: Data) -> StepView:
    return replace(step, status="ready", progress=None)


def _waiting(step: StepView, data: Data) -> StepView:
    return replace(step, status="waiting", asked=data)


def _decided(step: StepView, data: Data) -> StepView:
    return step if step.decided else replace(step, decided=data)


def _due(step: StepView, data: Data) -> StepView:
    return _decided(step, data) if data.get("purpose") == "approval" else step


def _retrying(step: StepView, _: Data) -> StepView:
    return replace(step, status="retrying")


def _delta(step: StepView, data: Data) -> StepView | None:
    text = _spliced(step.text, data)
    return None if text is None else replace(step, status="running", text=text)


def _thought(step: StepView, data: Data) -> StepView | None:
    thinking = _spliced(step.thinking, data)
    return None if thinking is None else replace(step, status="running", thinking=thinking)


def _tool(step: StepView, data: Data) -> StepView:
    called = data.get("phase") == "call"
    return replace(step, status="running", tool=str(data.get("tool", "")) if called else None)


def _cited(step: StepView, data: Data) -> StepView:
    return replace(step, citations=after_cited(step.citations, data))


def _called(step: StepView, data: Data) -> StepView:
    return replace(step, status="running", calls=after_called(step.calls, data))


def _returned(step: StepView, data: Data) -> StepView:
    return replace(step, status="running", calls=after_returned(step.calls, data))


def _turn(step: StepView, data: Data) -> StepView:
    used = mapping_in(data, "usage")
    names = [*step.usage, *(name for name in used if name not in step.usage)]
    return replace(step, usage={n: integer_in(step.usage, n) + integer_in(used, n) for n in names})


def _progressed(step: StepView, data: Data) -> StepView:
    return replace(step, status="running", progress=data)


def _completed(step: StepView, data: Data) -> StepView:
    output = data.get("output")
    return replace(
        _silenced(step),
        status="completed",
        text=output if isinstance(output, str) else "",
        blob=output if isinstance(output, dict) else None,
        citations=citations_in(data),
        citations_left_out=integer_in(data, "citations_left_out"),
        usage=_altogether(step, data),
    )


def _failed(step: StepView, data: Data) -> StepView:
    return replace(
        _silenced(step),
        status="failed",
        text="",
        error=mapping_in(data, "error"),
        usage=_altogether(step, data),
    )


def _cancelled(step: StepView, data: Data) -> StepView:
    receipt = mapping_in(data, "receipt")
    return replace(
        _silenced(step),
        status="cancelled",
        text=str(receipt.get("text", "")),
        usage=_altogether(step, receipt),
    )


def _altogether(step: StepView, data: Data) -> Data:
    """What the attempt used: as its outcome says, or its turns where that tells nothing."""
    used = mapping_in(data, "usage")
    return used if any(used.values()) else step.usage


def closed(step: StepView) -> StepView:
    """The step, of a run that is over: cancelled, without text, unless it was settled."""
    if step.is_settled:
        return step
    return replace(_silenced(step), status="cancelled", text="")


def _silenced(step: StepView) -> StepView:
    return replace(step, has_outcome=True, thinking="", tool=None, progress=None, citations=())


def _spliced(text: str, data: Data) -> str | None:
    offset = integer_in(data, "offset")
    return None if offset > len(text) else text[:offset] + str(data.get("text", ""))


_RETRIES = frozenset({"step.retry_scheduled"})
_EXECUTIONS = frozenset(
    {"step.started", "step.released", "step.delta", "step.thinking", "step.tool", "step.citation"}
    | {"step.progress"}
)
_RULES: Mapping[str, Callable[[StepView, Data], StepView | None]] = {
    "step.ready": _ready,
    "step.started": _started,
    "step.released": _released,
    "step.waiting": _waiting,
    "step.decided": _decided,
    "step.due": _due,
    "step.retry_scheduled": _retrying,
    "step.delta": _delta,
    "step.thinking": _thought,
    "step.turn": _turn,
    "tool.called": _called,
    "tool.returned": _returned,
    "step.tool": _tool,
    "step.citation": _cited,
    "step.progress": _progressed,
    "step.completed": _completed,
    "step.failed": _failed,
    "step.cancelled": _cancelled,
}
