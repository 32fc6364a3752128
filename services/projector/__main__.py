"""Runs the projector: `python -m services.projector`."""

import asyncio

from services.projector.forgetter import Forgetter
from services.projector.lingering import Terms
from services.projector.projector import Projector
from shared.ledger.pool import wait_for_database, watching_database
from shared.log.opening import open_log
from shared.runtime.dependency import Dependency, watching
from shared.runtime.monitor import Health
from shared.runtime.process import Stopping, run_service
from shared.runtime.settings import Settings


async def serve(settings: Settings, health: Health, stopping: Stopping) -> None:
    """Copies until told to stop. Cancelling is safe at any moment: a batch is all or nothing."""
    await wait_for_database(settings.database_url, settings.wait_seconds)
    async with (
        open_log(settings, "projector") as log,
        watching(Dependency("log", health), log.about),
        watching_database(settings.database_url, health),
    ):
        forgetter = Forgetter(log, settings.database_url, Terms(settings.linger_seconds))
        projector = Projector(log, settings.database_url, health)
        at_work = {asyncio.create_task(each.run()) for each in (projector, forgetter)}
        asked = asyncio.create_task(_asked(stopping))
        health.ready()
        await asyncio.wait({*at_work, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        await _ended(at_work)


async def _asked(stopping: Stopping) -> None:
    await stopping.wait()


async def _ended(tasks: set[asyncio.Task[None]]) -> None:
    """Returns once these have ended. Raises what one of them failed of."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()


def main() -> None:
    """The `projector` service."""
    run_service("projector", serve)


if __name__ == "__main__":
    main()
