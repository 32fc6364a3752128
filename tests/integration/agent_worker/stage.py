"""A worker on a real log with the simulated model, and what a scheduler would have written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TypedDict, TypeVar
from uuid import uuid4

import httpx2
from pydantic import SecretStr

from services.agent_worker.__main__ import keys_of
from services.agent_worker.identity import Attempted
from services.agent_worker.kinds import KINDS
from services.agent_worker.kinds.kind import Equipment, Execute
from services.agent_worker.limits import Limits as ProviderLimits
from services.agent_worker.providers.opening import providers_of
from services.agent_worker.worker import Worker
from shared.flow import Flow, content, parse, version_of
from shared.log.flows import Flows
from shared.log.port import Appended, Entry, Log
from shared.log.subjects import Address
from shared.run import facts as f
from shared.run.content import Cause, Content, InputRef, Limits
from shared.runtime.settings import Settings
from tests.eventually import PATIENCE_SECONDS, eventually

T = TypeVar("T")
Json = Mapping[str, object]
POOLS = ("default", "local")


def agent(node: str, instructions: str, **data: object) -> dict[str, object]:
    """An agent's node."""
    return {"id": node, "type": "agent", "data": {"instructions": instructions, **data}}


def template(node: str, text: str) -> dict[str, object]:
    """A template's node."""
    return {"id": node, "type": "template", "data": {"template": text}}


def chain(*nodes: dict[str, object]) -> dict[str, object]:
    """A flow of these nodes, one after the other."""
    pairs = pairwise(nodes)
    return {"nodes": list(nodes), "edges": [_edge(a["id"], b["id"]) for a, b in pairs]}


def fan_in(last: dict[str, object], *nodes: dict[str, object]) -> dict[str, object]:
    """A flow of nodes that all lead to the last."""
    return {"nodes": [*nodes, last], "edges": [_edge(node["id"], last["id"]) for node in nodes]}


def _edge(source: object, target: object) -> dict[str, object]:
    return {"source": source, "target": target}


class Ids(TypedDict):
    """Whose fact it is."""

    workspace: str
    run: str
    partition: int


@dataclass(frozen=True)
class Run:
    """One run, told fact by fact."""

    store: Log
    flow: Flow
    address: Address

    async def ready(self, node: str, *inputs: InputRef, attempt: int = 1, **other: str) -> int:
        """A step is ready; the sequence of the fact."""
        step = self.flow.step_of(node)
        fact = f.StepReady(
            **self.ids(),
            step=step.number,
            node=node,
            attempt=attempt,
            kind=other.get("kind", step.kind),
            pool=step.pool,
            queue=other.get("queue", "shared"),
            inputs=inputs,
        )
        return await self.append(fact)

    def started(self, node: str, execution: int, *, alone: bool = False) -> f.StepStarted:
        """The fact that some worker began."""
        return f.StepStarted(**self.step(node), execution=execution, worker="lost", alone=alone)

    def step(self, node: str) -> Attempted:
        """The ids of a step's first attempt."""
        return {**self.ids(), "step": self.flow.step_of(node).number, "node": node, "attempt": 1}

    def ids(self) -> Ids:
        """The ids of the run."""
        partition, workspace, run = self.address
        return {"workspace": workspace, "run": run, "partition": partition}

    async def append(self, fact: f.Lifecycle) -> int:
        """Record a fact that nobody has; its sequence."""
        answer = await self.store.append(fact)
        assert isinstance(answer, Appended), fact
        return answer.sequence

    async def completed(
        self, node: str, output: str, size_bytes: int = 0, *, is_json: bool = False
    ) -> InputRef:
        """A step that has its output already, as an input of another; it says how large it is."""
        said = {"execution": 1, "output": output, "size_bytes": size_bytes, "json": is_json}
        fact = f.StepCompleted.model_validate({**self.step(node), **said})
        await self.append(fact)
        return InputRef(step=fact.step, node=node, attempt=1)

    async def stopping(self) -> None:
        """The run is to stop."""
        await self.append(f.RunStopping(**self.ids(), reason="cancelled"))

    async def finished(self) -> None:
        """The run is over."""
        await self.append(f.RunCancelled(**self.ids()))

    async def entries(self, ending: str = "") -> list[Entry]:
        """All entries of the run, deltas too, whose rest ends so."""
        _, workspace, run = self.address
        entries = await self.store.read_on(workspace, run, after=0, limit=10_000)
        return [entry for entry in entries if entry.rest.endswith(ending)]

    async def facts(self, kind: type[T]) -> list[T]:
        """All facts of one type, deltas too, in order."""
        facts = [entry.recorded().fact for entry in await self.entries()]
        return [fact for fact in facts if isinstance(fact, kind)]

    async def outcome(self, node: str, attempt: int = 1) -> f.StepFinished:
        """How an attempt ended, once it has."""
        rest = f"step.{self.flow.step_of(node).number}.{attempt}.finished"

        async def found() -> f.StepFinished | None:
            for entry in (await self.store.select(self.address, [rest], at_least=0)).entries:
                fact = entry.recorded().fact
                assert isinstance(fact, f.StepFinished)
                return fact
            return None

        return await eventually(found)

    async def output(self, node: str) -> Content | None:
        """What a step put out, once it has."""
        fact = await self.outcome(node)
        assert isinstance(fact, f.StepCompleted), fact
        return fact.output

    async def cause(self, node: str) -> Cause:
        """Why a step failed, once it has."""
        fact = await self.outcome(node)
        assert isinstance(fact, f.StepFailed), fact
        return fact.error


class Stage:
    """A log, a simulated model, and workers to put on it."""

    def __init__(self, store: Log, model_url: str) -> None:
        self.store = store
        self.model_url = model_url
        self._http = httpx2.AsyncClient(base_url=model_url, timeout=PATIENCE_SECONDS)

    async def run(
        self,
        raw: Json,
        *,
        input: Content = "",
        variables: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        stored: bool = False,
    ) -> Run:
        """A requested run of this flow, stored by an api of another day; nothing is ready."""
        flow = parse(raw, is_stored=stored)
        assert isinstance(flow, Flow), flow
        version = version_of(raw)
        await self.store.put_flow(version, content(raw))
        run = Run(self.store, flow, Address(0, "default", str(uuid4())))
        requested = f.RunRequested(
            **run.ids(),
            flow=version,
            input=input,
            variables=dict(variables or {}),
            limits=limits or Limits(),
        )
        await run.append(requested)
        return run

    async def calls(self) -> list[dict[str, object]]:
        """The model's own log of its calls, oldest first."""
        answer = await self._http.get("/_simulator/requests")
        calls: list[dict[str, object]] = answer.json()["requests"]
        return calls

    def equipment(self, store: Log | None = None, worker: str = "tested") -> Equipment:
        """What a worker of this stage shares."""
        settings = Settings(
            service="agent-worker",
            anthropic_api_key=SecretStr("simulated"),
            anthropic_base_url=self.model_url,
            openai_api_key=SecretStr("simulated"),
            openai_base_url=f"{self.model_url}/v1",
        )
        limits, kept = ProviderLimits(), store or self.store
        return Equipment(
            store=kept,
            flows=Flows(kept),
            providers=providers_of(settings, limits),
            keys=keys_of(settings, kept),
            worker=worker,
            default_model="claude-haiku-5-5",
            delta_seconds=0.025,
            limits=limits,
        )

    @asynccontextmanager
    async def working(
        self,
        equipment: Equipment | None = None,
        *,
        slots: int = 16,
        drain_seconds: float = 0,
        kinds: Mapping[str, Execute] = KINDS,
    ) -> AsyncIterator[Worker]:
        """A worker at work; it drains when the block ends."""
        equipment = equipment or self.equipment()
        stopping = asyncio.Event()
        worker = Worker(equipment, dict.fromkeys(POOLS, slots), kinds)
        task = asyncio.create_task(worker.run(stopping, drain_seconds))
        try:
            yield worker
        finally:
            stopping.set()
            await task
            await equipment.providers.close()

    async def close(self) -> None:
        """Leaves nothing open."""
        await self._http.aclose()
