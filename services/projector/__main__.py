"""Runs the projector: `python -m services.projector`."""

import asyncio
from contextlib import AsyncExitStack

from services.projector.projector import Projector
from shared.ledger.pool import wait_for_database
from shared.log import Log, connect
from shared.runtime.monitor import Health
from shared.runtime.process import Stopping, run_service, wait_for
from shared.runtime.settings import Settings

HINT = "Start NATS, or set NATS_URL; then run `penstock migrate`."


async def serve(settings: Settings, health: Health, stopping: Stopping) -> None:
    """Copies until told to stop. Cancelling is safe at any moment: a batch is all or nothing."""
    await wait_for_database(settings.database_url, settings.wait_seconds)
    async with AsyncExitStack() as stack:

        async def reach() -> Log:
            return await stack.enter_async_context(connect(settings.nats_url, name="projector"))

        log = await wait_for("log", reach, seconds=settings.wait_seconds, hint=HINT)
        projector = asyncio.create_task(Projector(log, settings.database_url, health).run())
        asked = asyncio.create_task(_asked(stopping))
        health.ready()
        await asyncio.wait({projector, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not projector.done():
            projector.cancel()
            await asyncio.wait({projector})
        if not projector.cancelled():
            projector.result()


async def _asked(stopping: Stopping) -> None:
    await stopping.wait()


def main() -> None:
    """The `projector` service."""
    run_service("projector", serve)


if __name__ == "__main__":
    main()
