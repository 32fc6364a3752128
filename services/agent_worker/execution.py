"""The attempts in this process's hands, each with the delivery that brought it."""

from collections.abc import Iterator
from time import perf_counter

from services.agent_worker.interrupt import Interrupt
from shared.errors import Corrupt
from shared.log.port import Delivery
from shared.log.subjects import AttemptKey
from shared.run.facts import StepReady


class Execution:
    """One attempt in hand; the delivery is replaced when it comes again meanwhile.

    `is_executing` from the moment its work begins: what other workers mean by alive.
    """

    __slots__ = ("delivery", "interrupt", "is_executing", "key", "ready", "taken_at")

    def __init__(self, ready: StepReady, delivery: Delivery) -> None:
        self.ready = ready
        self.delivery = delivery
        self.key = AttemptKey(ready.workspace, ready.run, ready.step, ready.attempt)
        self.interrupt = Interrupt()
        self.is_executing = False
        self.taken_at = perf_counter()


def ready_of(delivery: Delivery) -> StepReady | Corrupt:
    """The step.ready that a delivery of a work queue carries, or why it is none."""
    try:
        fact = delivery.entry.recorded().fact
    except Corrupt as error:
        return error
    if isinstance(fact, StepReady):
        return fact
    return Corrupt(f"expected step.ready at {delivery.entry.rest}, found {fact.type}")


class Hands:
    """All executions of this process, by attempt."""

    def __init__(self) -> None:
        self._held: dict[AttemptKey, Execution] = {}

    def __iter__(self) -> Iterator[Execution]:
        return iter(tuple(self._held.values()))

    def __len__(self) -> int:
        return len(self._held)

    def take(self, ready: StepReady, delivery: Delivery) -> Execution | None:
        """The new execution; None if the attempt is in hand already: its delivery is adopted."""
        execution = Execution(ready, delivery)
        held = self._held.setdefault(execution.key, execution)
        if held is execution:
            return execution
        held.delivery = delivery
        return None

    def drop(self, execution: Execution) -> None:
        del self._held[execution.key]

    def is_executing(self, key: AttemptKey) -> bool:
        """This process is executing the attempt."""
        held = self._held.get(key)
        return held is not None and held.is_executing

    def of_run(self, workspace: str, run: str) -> list[Execution]:
        """The executions of one run."""
        return [e for e in self._held.values() if e.key.run == run and e.key.workspace == workspace]
