"""`python -m services.scheduler`: one scheduler, from its environment."""

import asyncio

from services.scheduler.firing import fire
from services.scheduler.scheduler import Scheduler
from services.scheduler.sweep import keep_sweeping
from shared.ledger.pool import watching_database
from shared.log.opening import open_log
from shared.runtime.dependency import Dependency, watching
from shared.runtime.monitor import Health
from shared.runtime.process import run_service
from shared.runtime.settings import Settings


async def serve(settings: Settings, health: Health, stopping: asyncio.Event) -> None:
    """Work until asked to stop."""
    async with open_log(settings, "scheduler") as log:
        about = await log.about()
        scheduler = Scheduler(log, about.partitions, settings.instance)
        async with (
            watching(Dependency("log", health), scheduler.look),
            watching_database(settings.database_url, health),
            asyncio.TaskGroup() as tasks,
        ):
            beside = [
                tasks.create_task(fire(log)),
                tasks.create_task(keep_sweeping(log, scheduler, settings.database_url)),
            ]
            health.ready()
            await scheduler.work(stopping)
            for task in beside:
                task.cancel()


def main() -> None:
    """Run the service."""
    run_service("scheduler", serve)


if __name__ == "__main__":
    main()
