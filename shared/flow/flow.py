"""A flow: steps in topological order, numbered from 0, joined by edges.

A `Flow` comes from `parse` alone, so whoever holds one need not check it: numbers are indexes,
edges lead from lower to higher numbers, there is at least one step and at least one sink.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from shared.flow.work import Kind, RetryPolicy, Work


@dataclass(frozen=True, slots=True)
class Edge:
    """From one step number to another; `handle` is the source's way out (`sourceHandle`)."""

    source: int
    target: int
    handle: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One executable node; `label` is what people call it.

    `inputs` are ordered by source, `outputs` by target, each source, target and handle once.
    """

    number: int
    node: str
    kind: Kind
    work: Work
    pool: str
    label: str | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    timeout_seconds: float = 600
    queue_seconds: float | None = None
    first_token_seconds: float = 120
    idle_seconds: float = 60
    quiet_seconds: float = 600
    on_error: Literal["fail", "continue"] = "fail"
    inputs: tuple[Edge, ...] = ()
    outputs: tuple[Edge, ...] = ()

    @property
    def passes_run_input(self) -> bool:
        """What it passes on is the run's input: an input node, or one nothing leads to."""
        return self.kind == "input" or (self.passes_inputs and not self.inputs)

    @property
    def passes_texts(self) -> bool:
        """It puts nothing out of its own, but names texts, the run's input or those that came."""
        return self.passes_run_input or self.passes_inputs

    @property
    def passes_inputs(self) -> bool:
        """It puts nothing out of its own, but names the texts that came in."""
        return self.kind in ("output", "condition", "approval")


@dataclass(frozen=True)
class Flow:
    """A flow version: `steps[n].number == n`; `sinks` are the steps whose outputs are the result.

    `variables` are the names a run has to supply.
    """

    version: str
    steps: tuple[Step, ...]
    sinks: tuple[int, ...]
    variables: frozenset[str] = field(default=frozenset())

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The numbers of the steps, by node id."""
        return {step.node: step.number for step in self.steps}

    def step_of(self, node_id: str) -> Step:
        """The step of a node. Raises: KeyError if the flow has no such step."""
        return self.steps[self.numbers[node_id]]
