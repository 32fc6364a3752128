"""The processes of one stack: started in order, kept running, stopped together."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from cli.up.child import Child, Part
from cli.up.data import Service, Stack
from cli.up.migrating import migrated
from cli.up.nats import EXAMPLE
from cli.up.parts import Plan, environ, penstock, servers, services
from shared.log.provision import provision_external
from shared.log.rights import LISTENER, filter_of
from shared.run.facts import RunCompleted

STOP_SERVICES_SECONDS = 3.6
STOP_SERVERS_SECONDS = 1.0


class Teller(Protocol):
    """Who is told what happens."""

    def ready(self, name: str, seconds: float) -> None: ...

    def working(self, name: str, seconds: float) -> None: ...

    def ended(self, name: str, exit_code: int) -> None: ...

    def hung(self, name: str, seconds: float) -> None: ...


class RunningStack:
    """One stack; `stack.json` says at every moment after `start` which processes it has."""

    def __init__(self, plan: Plan, teller: Teller) -> None:
        self.plan = plan
        self._teller = teller
        self._children: list[Child] = []
        self._servers: list[Child] = []
        self._is_up = False

    async def start(self) -> None:
        """Returns once every part is ready. Raises: Unavailable or Rejected, naming the part."""
        await self.start_servers()
        await self._migrated()
        await self._started(services(self.plan))
        self._is_up = True
        self.changed()

    async def start_servers(self) -> None:
        """Returns once the servers are ready. Raises: Unavailable or Rejected, naming one."""
        # initdb, the first time, takes seconds: the loop must go on to hear Ctrl-C.
        parts = await asyncio.to_thread(servers, self.plan)
        self._servers = await self._started(parts)

    async def stop(self) -> None:
        """Ends every process, services first, within 5 seconds; none is left."""
        self._is_up = False
        (self.plan.data.path / "stack.json").unlink(missing_ok=True)
        rest = [child for child in self._children if child not in self._servers]
        await _stopped(rest, STOP_SERVICES_SECONDS)
        await _stopped(self._servers, STOP_SERVERS_SECONDS)

    async def _started(self, parts: Sequence[Part]) -> list[Child]:
        children = [self._child(part) for part in parts]
        self._children += children
        try:
            async with asyncio.TaskGroup() as group:
                for child in children:
                    group.create_task(self._start(child))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return children

    def _child(self, part: Part) -> Child:
        data = self.plan.data
        return Child(part, logs=data.path / "logs", lock=data.lock, listener=self)

    async def _start(self, child: Child) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await child.start()
        self._teller.ready(child.part.name, loop.time() - began)

    async def _migrated(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await migrated(
            penstock("migrate"),
            environ(self.plan, "migrate"),
            partial(self._teller.working, "migrate"),
        )
        every_end = filter_of(RunCompleted, "default")
        await provision_external(self.plan.nats.url_of("migrate"), EXAMPLE, "default", every_end)
        self._teller.ready("migrate", loop.time() - began)

    def changed(self) -> None:
        if self._is_up:
            self.plan.data.write_stack(self.described())

    def ended(self, name: str, exit_code: int) -> None:
        if self._is_up:
            self._teller.ended(name, exit_code)

    def hung(self, name: str, seconds: float) -> None:
        if self._is_up:
            self._teller.hung(name, seconds)

    def described(self) -> Stack:
        """What stack.json says now."""
        return Stack(
            api_url=self.plan.api_url,
            token=self.plan.data.secrets().token,
            nats_url=self.plan.nats.url_of(LISTENER),
            database_url=self.plan.postgres.url,
            simulated=self.plan.simulated,
            services=[
                Service(name=child.part.name, pid=child.pid, monitor_url=child.part.monitor.url())
                for child in self._children
                if child.pid is not None
            ],
        )


async def _stopped(children: Sequence[Child], seconds: float) -> None:
    await asyncio.gather(*(child.stop(seconds) for child in children))
