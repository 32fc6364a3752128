"""What a reader knows of a run: events folded by one pure function.

The law (docs/reference/streaming.md, with vectors that every reader of ours passes):

    a higher attempt     clears the step: text, thinking, tool, error
    a higher execution   of the same attempt cuts text (and thinking) to the `offset` it brings
    a lower one          is dropped, and so is all that follows the attempt's outcome
    offset <= length     text becomes text[:offset] + delta
    offset  > length     something is missing: `needs_reread`, start again with an empty view
    an outcome           completed: the whole text; cancelled: the receipt's; failed: none
    a finished run       never changes

Offsets count Unicode code points. Any reader, wherever it joined, ends with the same view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from immutables import Map
from pydantic import JsonValue

from penstock_client.event import Event
from penstock_client.status import RunStatus, StepStatus

Data = Mapping[str, JsonValue]
ENDED: frozenset[str] = frozenset({"completed", "failed", "cancelled"})
_SETTLED = ENDED | {"skipped"}
_BUSY = frozenset({"ready", "running", "retrying"})


@dataclass(frozen=True, slots=True)
class StepView:
    """One step as far as the events tell: its highest attempt, and that one's text.

    `kind` is empty for steps no worker executes. `blob` stands for an output too large for an
    event: `{"blob", "size_bytes", "url"}`; `text` is then empty. `has_outcome` is about the
    attempt, `status` about the step. `progress` is what the model is at, `asked` the question to a
    person, `decided` the first of a person's decision and the timeout, each as the event has it.
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
    progress: Data | None = None
    blob: Data | None = None
    error: Data | None = None
    usage: Data = field(default_factory=dict)
    asked: Data | None = None
    decided: Data | None = None

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
        attempt = _integer(event.data, "attempt")
        if rule is None or attempt < self.attempt:
            return self
        step = self if attempt == self.attempt else self._at_attempt(attempt)
        if step.has_outcome:
            return replace(step, status="retrying") if event.type in _RETRIES else step
        if event.type in _EXECUTIONS:
            execution = _integer(event.data, "execution")
            if execution < step.execution:
                return step
            step = replace(step, execution=execution)
        return rule(step, event.data)

    def _at_attempt(self, attempt: int) -> StepView:
        return StepView(step=self.step, node=self.node, kind=self.kind, attempt=attempt)


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as far as the events tell; `after` is the reducer. Begin with `RunView()`.

    `flow_steps` is how many the flow has, 0 if untold; `steps` are those heard of. `result` is
    run.completed's list of `{step, node, attempt, output_sha256, size_bytes}`.
    """

    run: str = ""
    phase: RunStatus = "pending"
    flow_steps: int = 0
    steps: Map[int, StepView] = field(default_factory=Map)
    result: JsonValue = None
    error: Data | None = None
    last_id: int = 0
    needs_reread: bool = False

    @property
    def status(self) -> RunStatus:
        """The run's status; `waiting` when nothing is in flight and a person is asked."""
        if self.phase != "running":
            return self.phase
        steps = self.steps.values()
        is_asking = any(step.is_asking for step in steps)
        busy = (s.status in _BUSY or (s.status == "waiting" and not s.is_asking) for s in steps)
        return "waiting" if is_asking and not any(busy) else "running"

    @property
    def is_ended(self) -> bool:
        """Whether the run has its outcome."""
        return self.phase in ENDED

    def ordered_steps(self) -> list[StepView]:
        """The steps heard of so far, in the order of their numbers."""
        return [self.steps[number] for number in sorted(self.steps)]

    @property
    def number_of_steps(self) -> int:
        """How many steps the run has, as far as is known; those settled are among them."""
        return max(self.flow_steps, len(self.steps))

    def after(self, event: Event) -> RunView:
        """The view once `event` happened; the same object if it changes nothing."""
        if self.needs_reread or self.is_ended or event.id <= self.last_id:
            return self
        run = event.data.get("run")
        seen = replace(self, last_id=event.id, run=run if isinstance(run, str) else self.run)
        if event.type.startswith("step."):
            return seen._after_step(self, event)
        return seen._after_run(event)

    def _after_step(self, before: RunView, event: Event) -> RunView:
        number = _integer(event.data, "step")
        known = self.steps.get(number)
        step = known or StepView(step=number, node=str(event.data.get("node", "")))
        moved = step.after(event)
        if moved is None:
            return replace(before, needs_reread=True)
        return self if moved is known else replace(self, steps=self.steps.set(number, moved))

    def _after_run(self, event: Event) -> RunView:
        match event.type:
            case "run.cancel_requested":
                return replace(self, phase="cancelling")
            case "run.started":
                phase: RunStatus = "cancelling" if self.phase == "cancelling" else "running"
                return replace(self, phase=phase, flow_steps=_integer(event.data, "steps"))
            case "run.stopping" if self.phase == "cancelling":
                return self
            case "run.stopping":
                asked = event.data.get("reason") == "cancelled"
                return replace(self, phase="cancelling" if asked else "failing")
            case "run.completed":
                return replace(self._closed("completed"), result=event.data.get("result"))
            case "run.failed":
                return replace(self._closed("failed"), error=_mapping(event.data, "error"))
            case "run.cancelled":
                return self._closed("cancelled")
        return self

    def _closed(self, phase: RunStatus) -> RunView:
        closed = {
            step.step: replace(_silenced(step), status="cancelled", text="")
            for step in self.steps.values()
            if not step.is_settled
        }
        return replace(self, phase=phase, steps=self.steps.update(closed))


def fold(events: Iterable[Event], view: RunView | None = None) -> RunView:
    """The view after all of `events`, in their order."""
    view = view or RunView()
    for event in events:
        view = view.after(event)
    return view


def _ready(step: StepView, data: Data) -> StepView:
    return replace(step, status="ready", kind=str(data.get("kind", step.kind)))


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


def _progressed(step: StepView, data: Data) -> StepView:
    return replace(step, status="running", progress=data)


def _completed(step: StepView, data: Data) -> StepView:
    output = data.get("output")
    return replace(
        _silenced(step),
        status="completed",
        text=output if isinstance(output, str) else "",
        blob=output if isinstance(output, dict) else None,
        usage=_mapping(data, "usage"),
    )


def _failed(step: StepView, data: Data) -> StepView:
    silenced = _silenced(step)
    return replace(silenced, status="failed", text="", error=_mapping(data, "error"))


def _cancelled(step: StepView, data: Data) -> StepView:
    receipt = _mapping(data, "receipt")
    return replace(
        _silenced(step),
        status="cancelled",
        text=str(receipt.get("text", "")),
        usage=_mapping(receipt, "usage"),
    )


def _silenced(step: StepView) -> StepView:
    return replace(step, has_outcome=True, thinking="", tool=None, progress=None)


def _spliced(text: str, data: Data) -> str | None:
    offset = _integer(data, "offset")
    return None if offset > len(text) else text[:offset] + str(data.get("text", ""))


def _integer(data: Data, key: str) -> int:
    value = data.get(key)
    return value if isinstance(value, int) else 0


def _mapping(data: Data, key: str) -> Data:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


_RETRIES = frozenset({"step.retry_scheduled"})
_EXECUTIONS = frozenset(
    {"step.started", "step.released", "step.delta", "step.thinking", "step.tool", "step.progress"}
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
    "step.tool": _tool,
    "step.progress": _progressed,
    "step.completed": _completed,
    "step.failed": _failed,
    "step.cancelled": _cancelled,
}
