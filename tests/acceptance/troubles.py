"""What may befall an installation, which alerts must say so, and how it is mended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from signal import SIGKILL
from typing import Any

from penstock_client import Penstock, PenstockError

from shared.ledger.pool import opened
from shared.log.queues import MOST_LIMITED
from shared.log.subjects import partition_of
from tests.acceptance.installation import PARTITIONS, Installation
from tests.acceptance.prometheus import Prometheus
from tests.eventually import eventually
from tests.servers import connected, flushed
from tests.simulation.virtual import passes

LOG_BYTES, MORE_LOG_BYTES = 32 << 20, 8 << 30
OFTEN = 0.2
Flow = dict[str, Any]


def agent(marker: str) -> Flow:
    """A flow of one agent that the simulated model answers so, without another attempt."""
    data = {"instructions": f"Answer. [[sim: {marker}]]", "retry": {"max_attempts": 1}}
    return {"nodes": [{"id": "a", "type": "agent", "data": data}], "edges": []}


ASKING = {"nodes": [{"id": "ask", "type": "approval", "data": {"prompt": "Go on?"}}], "edges": []}
LARGE = {"nodes": [{"id": "t", "type": "template", "data": {"template": "."}}], "edges": []}


class Scene:
    """What runs, and what is done over and over until it is stopped."""

    def __init__(self, made: Installation, watch: Prometheus, client: Penstock) -> None:
        self.made = made
        self.watch = watch
        self.client = client
        self.kept: list[asyncio.Task[None]] = []

    def keep(self, act: Callable[[], Awaitable[object]], every: float) -> asyncio.Task[None]:
        """Does it so often, whatever it comes to."""

        async def on_and_on() -> None:
            for _ in count():
                with suppress(PenstockError, TimeoutError):
                    await act()
                await passes(every)

        task = asyncio.create_task(on_and_on())
        self.kept.append(task)
        return task

    async def stop(self) -> None:
        """None of it any more."""
        tasks, self.kept = self.kept, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def run(self, flow: Flow, text: str = "tea") -> str:
        """A new run's id."""
        return (await self.client.runs.create(flow=flow, input=text)).run_id

    async def fullness(self) -> float:
        """Of the log, as Prometheus knows it."""
        found = await self.watch.value("max(penstock_log_fullness_ratio)")
        return float(found[0]["value"][1]) if found else 0.0


Act = Callable[[Scene], Awaitable[object]]


@dataclass(frozen=True)
class Trouble:
    """What is done to an installation, which alerts must say so, and how it is mended."""

    name: str
    alerts: tuple[str, ...]
    begin: Act
    mend: Act


def _stopped(*services: str) -> Act:
    async def stop(scene: Scene) -> None:
        for name in services:
            await asyncio.to_thread(scene.made.stop, name)

    return stop


def _started(*services: str) -> Act:
    async def start(scene: Scene) -> None:
        for name in services:
            scene.made.start(name)

    return start


def _aside(work: Callable[[Scene], object]) -> Act:
    return lambda scene: asyncio.to_thread(work, scene)


async def _restart_nats_often(scene: Scene) -> None:
    for _ in range(8):
        await asyncio.to_thread(scene.made.nats.stop, SIGKILL)
        await asyncio.to_thread(scene.made.nats.start)
        await eventually(scene.made.is_ready, every=OFTEN)


async def _freeze_nats_often(scene: Scene) -> None:
    async def hiccup() -> None:
        scene.made.nats.freeze()
        try:
            await passes(1.2)
        finally:
            scene.made.nats.thaw()

    scene.keep(hiccup, 0.8)


async def _park(scene: Scene) -> None:
    run = await scene.run(ASKING)
    client = await connected(scene.made.nats.url)
    subject = f"run.{partition_of(run, PARTITIONS)}.default.{run}.cancel"
    await client.publish(subject, b'{"type":"run.paused","version":7}')
    await flushed(client)
    await client.close()


async def _end_parked(scene: Scene) -> None:
    for each in (await scene.client.parked.list()).items:
        await scene.client.parked.end(str(each.run_id), reason="it was a trial")


def _failing(marker: str) -> Act:
    async def fail(scene: Scene) -> None:
        scene.keep(lambda: scene.run(agent(marker)), 0.2)

    return fail


def _filled(most: float) -> Act:
    async def fill(scene: Scene) -> None:
        # Not as fast as it can: the fullness is looked at every two seconds.
        filling = scene.keep(lambda: scene.run(LARGE, "x" * 30_000), 0.05)
        await eventually(lambda: _is_fuller(scene, most), every=OFTEN)
        filling.cancel()

    return fill


async def _is_fuller(scene: Scene, most: float) -> bool:
    return await scene.fullness() > most


async def _limit_too_many(scene: Scene) -> None:
    """Past the api, which would refuse the last one."""
    numbers = f"from generate_series(0, {MOST_LIMITED}) n"
    async with opened(scene.made.database_url) as connection:
        await connection.execute(
            f"insert into workspaces (slug, name) select 'limited-' || n, 'limited' {numbers}"
        )
        await connection.execute(
            "insert into workspace_limits (workspace, steps_in_flight) "
            f"""select 'limited-' || n, '{{"default": 4}}' {numbers}"""
        )


async def _limit_fewer(scene: Scene) -> None:
    await scene.client.limits.set(await eventually(lambda: _queueless(scene)), {})


async def _queueless(scene: Scene) -> str | None:
    """The workspace whose limit is not in force, once it is the only one."""
    limited = [each async for each in scene.client.limits.list()]
    found = [each.workspace for each in limited if each.used.steps_in_flight is None]
    return found[0] if len(found) == 1 else None


async def nothing(scene: Scene) -> None:
    pass


TROUBLES = (
    Trouble(
        "workers are stopped",
        (
            *("PenstockWorkersGone", "PenstockServiceGone", "PenstockProcessDown"),
            *("PenstockNoProgress", "PenstockQueueOld"),
        ),
        _stopped("agent-worker"),
        _started("agent-worker"),
    ),
    Trouble(
        "the scheduler is stopped",
        ("PenstockPartitionWithoutScheduler", "PenstockServiceGone"),
        _stopped("scheduler"),
        _started("scheduler"),
    ),
    Trouble(
        "the projector is stopped",
        ("PenstockProjectorStandsStill", "PenstockServiceGone", "PenstockProjectorBehind"),
        _stopped("projector"),
        _started("projector"),
    ),
    Trouble("the api is stopped", ("PenstockServiceGone",), _stopped("api"), _started("api")),
    Trouble(
        "NATS is frozen",
        ("PenstockNatsUnreachable", "PenstockNotReady"),
        _aside(lambda scene: scene.made.nats.freeze()),
        _aside(lambda scene: scene.made.nats.thaw()),
    ),
    Trouble(
        "Postgres is frozen",
        ("PenstockPostgresUnreachable", "PenstockNotReady"),
        _aside(lambda scene: scene.made.postgres.freeze()),
        _aside(lambda scene: scene.made.postgres.thaw()),
    ),
    Trouble(
        "NATS is killed and started eight times",
        ("PenstockReconnectStorm",),
        _restart_nats_often,
        nothing,
    ),
    Trouble(
        "NATS stands still for 1.2 s of every 2 s",
        ("PenstockAppendsSlow",),
        _freeze_nats_often,
        nothing,
    ),
    Trouble("a run is parked", ("PenstockRunsParked",), _park, _end_parked),
    Trouble(
        "more workspaces are limited than there are queues",
        ("PenstockLimitNotHeld",),
        _limit_too_many,
        _limit_fewer,
    ),
    Trouble(
        "the model is overloaded", ("PenstockModelCallsFail",), _failing("status=529"), nothing
    ),
    Trouble(
        "the model knows no such key", ("PenstockModelRefusesUs",), _failing("status=401"), nothing
    ),
    Trouble("the log is 72 % full", ("PenstockStoreFilling",), _filled(0.72), nothing),
    Trouble(
        "the log is 86 % full",
        ("PenstockStoreFull", "PenstockStoreFilling"),
        _filled(0.85),
        lambda scene: scene.made.migrate(MORE_LOG_BYTES),
    ),
)
