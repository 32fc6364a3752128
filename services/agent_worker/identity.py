"""The ids that every fact about an execution repeats."""

from typing import TypedDict

from shared.run.facts import StepReady


class Attempted(TypedDict):
    """Whose attempt it is."""

    workspace: str
    run: str
    partition: int
    step: int
    node: str
    attempt: int


class Executed(Attempted):
    """Whose execution it is."""

    execution: int


def attempted(ready: StepReady) -> Attempted:
    """The ids of a ready attempt."""
    return {
        "workspace": ready.workspace,
        "run": ready.run,
        "partition": ready.partition,
        "step": ready.step,
        "node": ready.node,
        "attempt": ready.attempt,
    }


def executed(ready: StepReady, execution: int) -> Executed:
    """The ids of one execution of it."""
    return {**attempted(ready), "execution": execution}
