"""`python -m services.agent_worker`: one worker, from its environment."""

import asyncio

from services.agent_worker.kinds.kind import Equipment
from services.agent_worker.providers.anthropic import anthropic_of
from services.agent_worker.worker import Worker
from shared.log.flows import Flows
from shared.log.opening import open_log
from shared.runtime.dependency import Dependency, watching
from shared.runtime.monitor import Health
from shared.runtime.process import run_service
from shared.runtime.settings import Settings

LOCAL_POOL = "local"


def slots_of(settings: Settings) -> dict[str, int]:
    """How many steps this worker takes at a time, by pool."""
    return {
        pool: settings.local_slots if pool == LOCAL_POOL else settings.model_slots
        for pool in settings.pools
    }


async def serve(settings: Settings, health: Health, stopping: asyncio.Event) -> None:
    """Work until asked to stop."""
    async with open_log(settings, "agent-worker") as store:
        provider = anthropic_of(settings)
        equipment = Equipment(
            store=store,
            flows=Flows(store),
            provider=provider,
            worker=settings.instance,
            default_model=settings.default_model,
            delta_seconds=settings.delta_milliseconds / 1000,
        )

        async def look() -> None:
            equipment.room.note(await store.about())

        worker = Worker(equipment, slots_of(settings))
        try:
            async with watching(Dependency("log", health), look):
                await worker.run(stopping, settings.drain_seconds, health.ready)
        finally:
            if provider is not None:
                await provider.close()


def main() -> None:
    """Run the service."""
    run_service("agent-worker", serve)


if __name__ == "__main__":
    main()
