"""What a reader knows of a run: events folded by one pure function.

The law (docs/reference/streaming.md, with vectors that every reader of ours passes):

    a higher attempt     clears the step: text, thinking, tool, calls, error
    a higher execution   of the same attempt cuts text (and thinking) to the `offset` it brings
    a lower one          is dropped, and so is all that follows the attempt's outcome
    offset <= length     text becomes text[:offset] + delta
    offset  > length     something is missing: `needs_reread`, start again with an empty view
    a tool's fact        counts whatever its execution: of what came of a call the first stands
    an outcome           completed: the whole text; cancelled: the receipt's; failed: none
    a finished run       never changes

Offsets count Unicode code points. Any reader, wherever it joined, ends with the same view.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from immutables import Map
from pydantic import JsonValue

from penstock_client.event import Data, Event, integer_in, mapping_in
from penstock_client.status import RunStatus
from penstock_client.step_view import ENDED, StepView, closed

__all__ = ["RunView", "StepView", "fold"]

_OF_STEPS = ("step.", "tool.")
_BUSY = frozenset({"ready", "running", "retrying"})


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
        if event.type.startswith(_OF_STEPS):
            return seen._after_step(self, event)
        return seen._after_run(event)

    def _after_step(self, before: RunView, event: Event) -> RunView:
        number = integer_in(event.data, "step")
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
                return replace(self, phase=phase, flow_steps=integer_in(event.data, "steps"))
            case "run.stopping" if self.phase == "cancelling":
                return self
            case "run.stopping":
                asked = event.data.get("reason") == "cancelled"
                return replace(self, phase="cancelling" if asked else "failing")
            case "run.completed":
                return replace(self._closed("completed"), result=event.data.get("result"))
            case "run.failed":
                return replace(self._closed("failed"), error=mapping_in(event.data, "error"))
            case "run.cancelled":
                return self._closed("cancelled")
        return self

    def _closed(self, phase: RunStatus) -> RunView:
        steps = {number: closed(step) for number, step in self.steps.items()}
        return replace(self, phase=phase, steps=self.steps.update(steps))


def fold(events: Iterable[Event], view: RunView | None = None) -> RunView:
    """The view after all of `events`, in their order."""
    view = view or RunView()
    for event in events:
        view = view.after(event)
    return view
