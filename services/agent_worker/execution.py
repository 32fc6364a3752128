"""The attempts in this process's hands, each with the delivery that brought it."""

from collections import OrderedDict
from collections.abc import Iterator
from time import perf_counter

from services.agent_worker.interrupt import Interrupt
from services.agent_worker.shares import RunShare
from shared.errors import Corrupt
from shared.log.entries import fact_of
from shared.log.port import Delivery
from shared.log.subjects import AttemptKey
from shared.run.facts import StepReady, StepStarted

MOST_STOPPED = 10_000


class Execution:
    """One attempt in hand; the delivery is replaced when it comes again meanwhile.

    `is_executing` from the moment its work begins: what other workers mean by alive. `begun` is the
    fact that says so, once the log may have it; `share` what it may add to its run, once known.
    `unrepeatable` calls of tools are under way, which are waited for.
    """

    __slots__ = (
        *("begun", "delivery", "interrupt", "is_executing", "key", "ready", "share", "taken_at"),
        "unrepeatable",
    )

    def __init__(self, ready: StepReady, delivery: Delivery) -> None:
        self.ready = ready
        self.delivery = delivery
        self.key = AttemptKey(ready.workspace, ready.run, ready.step, ready.attempt)
        self.interrupt = Interrupt()
        self.is_executing = False
        self.begun: StepStarted | None = None
        self.share: RunShare | None = None
        self.unrepeatable = 0
        self.taken_at = perf_counter()


def ready_of(delivery: Delivery) -> StepReady | Corrupt:
    """The step.ready that a delivery of a work queue carries, or why it is none."""
    try:
        return fact_of(delivery.entry, StepReady)
    except Corrupt as error:
        return error


class Hands:
    """All executions of this process, by attempt, and the runs last heard to be stopping."""

    def __init__(self) -> None:
        self._held: dict[AttemptKey, Execution] = {}
        self._stopped: OrderedDict[tuple[str, str], None] = OrderedDict()

    def __iter__(self) -> Iterator[Execution]:
        return iter(tuple(self._held.values()))

    def __len__(self) -> int:
        return len(self._held)

    def take(self, ready: StepReady, delivery: Delivery) -> Execution | None:
        """The new execution; None if the attempt is in hand already: its delivery is adopted."""
        execution = Execution(ready, delivery)
        held = self._held.setdefault(execution.key, execution)
        if held is execution:
            # What the order is read from may lag behind what was heard.
            if (ready.workspace, ready.run) in self._stopped:
                execution.interrupt.fire("stopped")
            return execution
        held.delivery = delivery
        return None

    def drop(self, execution: Execution) -> None:
        del self._held[execution.key]

    def is_executing(self, key: AttemptKey) -> bool:
        """This process is executing the attempt."""
        held = self._held.get(key)
        return held is not None and held.is_executing

    def stop(self, workspace: str, run: str) -> None:
        """Interrupt the executions of one run, and those that will yet be taken."""
        self._stopped[workspace, run] = None
        if len(self._stopped) > MOST_STOPPED:
            self._stopped.popitem(last=False)
        for execution in self:
            if execution.key.run == run and execution.key.workspace == workspace:
                execution.interrupt.fire("stopped")
