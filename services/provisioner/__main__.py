"""Runs the provisioner: `python -m services.provisioner`."""

import asyncio
from contextlib import AsyncExitStack

from services.provisioner.provisioner import Provisioner
from shared.ledger.pool import wait_for_database, watching_database
from shared.log.encryption import nats_address
from shared.log.work_consumers import WorkConsumers, work_consumers
from shared.runtime.dependency import Dependency, watching
from shared.runtime.monitor import Health
from shared.runtime.process import Stopping, run_service, wait_for
from shared.runtime.settings import Settings

_HINT = "Start nats-server with JetStream, or set NATS_URL; then run `penstock migrate`."


async def serve(settings: Settings, health: Health, stopping: Stopping) -> None:
    """Provides queues until told to stop: safe at any moment, the next one goes on."""
    await wait_for_database(settings.database_url, settings.wait_seconds)
    async with AsyncExitStack() as stack:
        consumers = await _reached(settings, stack)
        await stack.enter_async_context(watching(Dependency("log", health), consumers.shape))
        await stack.enter_async_context(watching_database(settings.database_url, health))
        provisioner = Provisioner(consumers, settings.database_url, health)
        at_work = asyncio.create_task(provisioner.run())
        asked = asyncio.create_task(stopping.wait())
        health.ready()
        await asyncio.wait({at_work, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        at_work.cancel()
        await asyncio.wait({at_work})
        if not at_work.cancelled():
            at_work.result()


async def _reached(settings: Settings, stack: AsyncExitStack) -> WorkConsumers:
    """NATS, once it answers and the log is provisioned. Raises: Unavailable after the wait."""

    async def reach() -> WorkConsumers:
        async with AsyncExitStack() as attempt:
            opened = work_consumers(nats_address(settings), settings.pools)
            consumers = await attempt.enter_async_context(opened)
            await consumers.shape()
            stack.push_async_exit(attempt.pop_all())
            return consumers

    return await wait_for("log", reach, seconds=settings.wait_seconds, hint=_HINT)


def main() -> None:
    """The `provisioner` service."""
    run_service("provisioner", serve)


if __name__ == "__main__":
    main()
