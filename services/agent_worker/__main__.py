"""`python -m services.agent_worker`: one worker, from its environment."""

import asyncio

from services.agent_worker.egress import EgressClient
from services.agent_worker.keys import Keys
from services.agent_worker.kinds.kind import Equipment
from services.agent_worker.limits import Limits
from services.agent_worker.providers.opening import providers_of
from services.agent_worker.tools.callers import (
    Callers,
    http_calls,
    mcp_calls,
    mcp_listings,
    nats_calls,
)
from services.agent_worker.worker import Worker
from shared.credentials.sealer import Sealer
from shared.log.flows import Flows
from shared.log.opening import open_log
from shared.log.port import Log
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


def callers_of(outside: EgressClient, keys: Keys, store: Log) -> Callers:
    """How this worker calls tools, by kind."""
    return {
        "http": http_calls(outside, keys),
        "mcp": mcp_calls(outside, keys),
        "nats": nats_calls(store.tools),
    }


def keys_of(settings: Settings, store: Log) -> Keys:
    """The keys this worker calls models by."""
    return Keys(store, Sealer(*settings.secret_keys), settings.default_keys)


async def serve(settings: Settings, health: Health, stopping: asyncio.Event) -> None:
    """Work until asked to stop."""
    async with open_log(settings, "agent-worker") as store, EgressClient.of(settings) as outside:
        limits, keys = Limits(), keys_of(settings, store)
        providers = providers_of(settings, limits)
        equipment = Equipment(
            store=store,
            flows=Flows(store),
            providers=providers,
            keys=keys,
            worker=settings.instance,
            default_model=settings.default_model,
            delta_seconds=settings.delta_milliseconds / 1000,
            limits=limits,
            callers=callers_of(outside, keys, store),
            listings=mcp_listings(outside, keys),
        )

        worker = Worker(equipment, slots_of(settings))

        async def look() -> None:
            about = await store.about()
            equipment.room.note(about)
            worker.serve_queues(about.lanes, await store.limited.served())

        try:
            async with watching(Dependency("log", health), look):
                await worker.run(stopping, settings.drain_seconds, health.ready)
        finally:
            await providers.close()


def main() -> None:
    """Run the service."""
    run_service("agent-worker", serve)


if __name__ == "__main__":
    main()
