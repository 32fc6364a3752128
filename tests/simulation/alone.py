"""A test's own log in virtual time: for what must happen just so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.flow import content
from shared.log.memory import Clock, Faults, MemoryLog
from shared.run import facts as f
from tests.simulation.process import Connection
from tests.simulation.virtual import VirtualLoop
from tests.unit.flow.drawing import Drawn, flow_of
from tests.unit.run.tale import IDENTITY

T = TypeVar("T")

NO_FAULTS = Faults()


def alone(
    main: Callable[[Connection], Awaitable[T]], faults: Faults = NO_FAULTS, lanes: int = 1
) -> T:
    """What `main` returns, given the connection of a process to a log with nothing in it."""
    clock = Clock()

    async def live() -> T:
        log = MemoryLog(partitions=1, lanes=lanes, clock=clock, faults=faults)
        return await main(Connection(log, "alone"))

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        return runner.run(live())


async def request(log: Connection, raw: Drawn, **more: object) -> None:
    """Ask for a run of this drawing, as `IDENTITY`."""
    flow = flow_of(raw)
    await log.put_flow(flow.version, content(raw))
    asked = {**IDENTITY, "flow": flow.version, **more}
    await log.append(f.RunRequested.model_validate(asked))


async def rests(log: Connection, run: str = "run-1") -> list[str]:
    """What is recorded of a run."""
    return [entry.rest for entry in (await log.history("acme", run)).entries]
