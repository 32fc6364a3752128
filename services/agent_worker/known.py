"""What this process knows of runs it works on: facts it has read or recorded itself.

The first delivery of a quick step needs no read of the log when the run's request and all inputs
are known here. Facts do not change, so what is known is true; what is not known is whether the run
was told to stop meanwhile. That is heard live (`stop`), upon which the run is forgotten here;
should it be missed, a step that is free of charge and over in a moment is executed in vain.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from services.agent_worker.context import Context
from shared.run.content import Content, ContentRef
from shared.run.facts import RunRequested, StepCompleted, StepReady

MOST_RUNS = 1_000
MOST_OUTPUTS = 256
MOST_CHARACTERS = 4_096


@dataclass(slots=True)
class _Run:
    requested: RunRequested
    outputs: dict[ContentRef, StepCompleted] = field(default_factory=dict)


class Known:
    """Small facts of the runs worked on last."""

    def __init__(self, most_runs: int = MOST_RUNS) -> None:
        self._most_runs = most_runs
        self._runs: OrderedDict[str, _Run] = OrderedDict()

    def context(self, ready: StepReady) -> Context | None:
        """The context of an attempt nobody has begun, or None if it must be read."""
        run = self._runs.get(ready.run)
        if run is None:
            return None
        self._runs.move_to_end(ready.run)
        outputs = {}
        for ref in (ref for given in ready.inputs for ref in given.sources()):
            output = run.outputs.get(ref)
            if output is None:
                return None
            outputs[ref] = output
        return Context(
            requested=run.requested,
            is_over=False,
            is_stopping=False,
            is_settled=False,
            execution=1,
            may_be_alive=False,
            lost=(),
            turns=(),
            outputs=outputs,
        )

    def learn(self, context: Context) -> None:
        """Keep what was read of a run that goes on."""
        requested = context.requested
        if requested is None or context.is_over or context.is_stopping:
            return
        if requested.run not in self._runs and _is_small(requested.input):
            self._runs[requested.run] = _Run(requested)
            if len(self._runs) > self._most_runs:
                self._runs.popitem(last=False)
        for output in context.outputs.values():
            self.record(output)

    def record(self, fact: StepCompleted) -> None:
        """Keep an outcome that the log has."""
        run = self._runs.get(fact.run)
        if run is not None and len(run.outputs) < MOST_OUTPUTS and _is_small(fact.output):
            run.outputs[ContentRef(step=fact.step, attempt=fact.attempt)] = fact

    def forget(self, run: str) -> None:
        """The run is told to stop: its steps look before they begin."""
        self._runs.pop(run, None)

    def clear(self) -> None:
        """An order to stop may have been missed."""
        self._runs.clear()


def _is_small(content: Content | None) -> bool:
    return not isinstance(content, str) or len(content) <= MOST_CHARACTERS
