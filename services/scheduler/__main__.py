"""`python -m services.scheduler`: one scheduler, from its environment."""

import asyncio

from services.scheduler.firing import fire
from services.scheduler.scheduler import Scheduler
from shared.log.opening import open_log
from shared.runtime.monitor import Health
from shared.runtime.process import run_service
from shared.runtime.settings import Settings


async def serve(settings: Settings, health: Health, stopping: asyncio.Event) -> None:
    """Work until asked to stop."""
    async with open_log(settings, "scheduler") as log:
        about = await log.about()
        scheduler = Scheduler(log, about.partitions, settings.instance)
        async with asyncio.TaskGroup() as tasks:
            firing = tasks.create_task(fire(log))
            health.ready()
            await scheduler.work(stopping)
            firing.cancel()


def main() -> None:
    """Run the service."""
    run_service("scheduler", serve)


if __name__ == "__main__":
    main()
