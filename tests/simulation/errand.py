"""One agent with tools, workers that die over it, and a world that counts what was done to it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from services.agent_worker.checker import checked
from services.agent_worker.checkers import Checkers, Fits, Unfit
from services.agent_worker.keys import Keys
from services.agent_worker.kinds.kind import Equipment
from services.agent_worker.providers.known import Providers
from services.agent_worker.providers.provider import (
    Begun,
    Ended,
    Event,
    Opened,
    Request,
    Text,
    ToolCall,
    Used,
)
from services.agent_worker.tools.callers import Call, Occasion
from services.agent_worker.tools.result import ToolResult
from services.agent_worker.worker import Worker
from shared.flow import content
from shared.flow.json_value import JSON
from shared.log.flows import Flows
from shared.log.memory import Clock, Faults, MemoryLog
from shared.log.subjects import tool_rest
from shared.run import Recorded
from shared.run import facts as f
from shared.run.content import Cause, CitationAt, Usage
from shared.tools.offered import Offered
from tests.simulation.city import insist
from tests.simulation.process import Connection, Process
from tests.simulation.virtual import VirtualLoop, passes
from tests.unit.flow.drawing import drawing, flow_of, node

TURNS, CALLS_A_TURN = 6, 2
LONGEST_SECONDS = 2 * 3600
POOLS = {"default": 4, "local": 1}
KINDS: Mapping[str, Mapping[str, JSON]] = {
    "again": {"idempotent": True},
    "once": {},
    "read": {"on_lost": "retry"},
}
"""Tools, by name, with their policies."""
AT = {"workspace": "acme", "run": "errand", "partition": 0}


@dataclass(frozen=True, kw_only=True)
class Errand:
    """`kills` of workers at random moments; with `are_deaf` workers do not hear of each other, and
    what one has in hand is delivered to another."""

    seed: int = 0
    kills: int = 0
    are_deaf: bool = False
    faults: Faults = field(default_factory=Faults)


@dataclass
class World:
    """What was done, by idempotency key, and what the model was told in each of its turns."""

    begun: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    told: list[tuple[str, ...]] = field(default_factory=list)
    kills: int = 0


@dataclass
class Told:
    """The log of an errand, and what died though nobody killed it."""

    history: list[Recorded] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    world: World = field(default_factory=World)


def run_errand(errand: Errand) -> Told:
    """What the log and the world say when the step has ended, or after hours without."""
    clock = Clock()
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        return runner.run(_Town(errand, clock).live())


class InProcess(Checkers):
    """The checker's own code, without a process: there is no time for one in virtual time."""

    async def check(
        self, schema: Mapping[str, object], text: str, whose: tuple[str, str]
    ) -> Fits | Unfit:
        answer = checked(schema, text.encode())
        found = answer.get("text")
        return Fits(str(found)) if found is not None else Unfit(tuple(answer["complaints"]))


class Model:
    """Calls tools in so many turns, then has done. Keeps the Protocol `Provider`."""

    name = "anthropic"
    errors: tuple[type[Exception], ...] = ()

    def __init__(self, seed: int, world: World) -> None:
        self._seed = seed
        self._world = world

    def with_key(self, key: str | None) -> Model:
        return self

    def refused_seconds(self, model: str) -> float:
        return 0

    async def stream(self, request: Request) -> AsyncGenerator[Sequence[Event], None]:
        turn = len(request.said) + 1
        outputs = [answer.output for said in request.said for answer in said.answers]
        self._world.told.append(tuple(outputs))
        chance = Random(f"{self._seed}/turn/{turn}")
        yield [Begun(request.model), Opened("writing")]
        await passes(chance.uniform(0.01, 1))
        yield [Text(f"turn {turn}"), Used(Usage(output_tokens=1))]
        await passes(chance.uniform(0.01, 1))
        if turn > TURNS:
            yield [Ended("end_turn", None, "[]")]
            return
        names = [chance.choice([*KINDS]) for _ in range(CALLS_A_TURN)]
        yield [Ended("tool_use", None, json.dumps(names))]

    def calls_in(self, content: str) -> Sequence[ToolCall]:
        names = json.loads(content)
        return [ToolCall(f"call-{n}", name, '{"id":"7"}') for n, name in enumerate(names)]

    def citations_in(self, content: str, text: str) -> Sequence[CitationAt]:
        return ()

    def classify(self, error: BaseException, *, attempt: int) -> Cause:
        raise AssertionError(error)

    async def close(self) -> None: ...


class _Town:
    def __init__(self, errand: Errand, clock: Clock) -> None:
        self._errand = errand
        self._log = MemoryLog(partitions=1, clock=clock, seed=errand.seed, faults=errand.faults)
        self._chance = Random(errand.seed)
        self._told = Told()
        self._over = asyncio.Event()
        self._since_progress = 0
        self._living: list[Connection] = []

    async def live(self) -> Told:
        tasks = [asyncio.create_task(self._watch())]
        tasks += [asyncio.create_task(self._keep(f"worker-{n}")) for n in range(2)]
        if self._errand.are_deaf:
            tasks.append(asyncio.create_task(self._deliver_again()))
        await self._ask()
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await self._over.wait()
        except TimeoutError:
            pass
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                self._told.failures.append(outcome)
        return self._told

    async def _ask(self) -> None:
        schema: JSON = {"type": "object", "properties": {"id": {"type": "string"}}}
        url: JSON = {"method": "POST", "url": "https://world.example/"}
        tools: list[JSON] = [
            {"name": name, "description": name, "kind": "http", "input_schema": schema,
             "http": url, "policy": dict(policy)}
            for name, policy in KINDS.items()
        ]  # fmt: skip
        raw = drawing([node("a", "agent", instructions="Go.", tools=tools)], [])
        flow = flow_of(raw)
        requested = f.RunRequested(**AT, flow=flow.version, input="words")
        ready = f.StepReady(**AT, step=0, node="a", attempt=1, kind="agent", pool="default")
        await insist(lambda: self._log.put_flow(flow.version, content(raw)))
        await insist(lambda: self._log.append(requested))
        await insist(lambda: self._log.append(ready))

    async def _watch(self) -> None:
        async for entries in self._log.replay(0, after=0):
            for entry in entries:
                self._told.history.append(entry.recorded())
                if tool_rest(entry.rest) or isinstance(entry.recorded().fact, f.StepTurn):
                    self._since_progress = 0
                if entry.rest.endswith(".finished"):
                    self._over.set()

    async def _keep(self, name: str) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        for life in range(1_000):
            connection = Connection(self._log, f"{name}.{life}")
            connection.is_deaf = self._errand.are_deaf
            self._living.append(connection)
            process = Process(connection, self._main, loop)
            try:
                await process.over(self._chance.expovariate(1 / 4))
                while not self._may_kill():
                    await process.over(1)
            finally:
                await process.kill()
                self._living.remove(connection)
            self._told.world.kills += 1
            if process.failure is not None:
                self._told.failures.append(process.failure)
            await passes(0.5)

    async def _deliver_again(self) -> None:
        """The log believes now and then that who has the step in hand has lost it."""
        while True:
            await passes(self._chance.expovariate(1 / 2))
            for connection in [*self._living]:
                if connection.last is not None and not connection.is_dead:
                    connection.last.nak()

    def _may_kill(self) -> bool:
        """Never a third loss without progress between: the step would be to blame.

        Among the deaf one that lives is taken for lost, too.
        """
        is_left = self._told.world.kills < self._errand.kills
        if not is_left or self._since_progress >= (1 if self._errand.are_deaf else 2):
            return False
        self._since_progress += 1
        return True

    async def _main(self, log: Connection) -> None:
        world = self._told.world
        model = Model(self._errand.seed, world)
        chance = self._chance

        async def prepare(offered: Offered, occasion: Occasion) -> Call:
            key = occasion.idempotency_key

            async def call(arguments: Mapping[str, JSON]) -> ToolResult:
                log.begin("tool")
                world.begun[key] += 1
                await passes(chance.uniform(0.01, 3))
                world.done[key] += 1
                return ToolResult(outcome="ok", output=f"{key}: {world.done[key]}")

            return call

        equipment = Equipment(
            store=log,
            flows=Flows(log),
            providers=Providers({"anthropic": model}, keyless=["anthropic"]),
            keys=Keys(log),
            worker=log.name,
            default_model="claude-haiku-5-5",
            delta_seconds=0.025,
            checkers=InProcess(),
            callers={"http": prepare},
        )
        await Worker(equipment, POOLS).run(asyncio.Event(), 0)
