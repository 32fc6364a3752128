"""The api as a process."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import asyncpg

from services.api.admin.overview import Overview, overview
from services.api.api import Api
from services.api.app import App
from services.api.definitions.agent_rows import Agents
from services.api.definitions.flows import Flows
from services.api.definitions.pipeline_rows import Pipelines
from services.api.history.chronicle import Chronicle
from services.api.history.records import Records
from services.api.http.authentication import Tokens
from services.api.http.tickets import Tickets
from services.api.live.departure import Departures
from services.api.live.hub import Hub
from services.api.routes import ROUTES
from services.api.runs.capacity import Capacity
from services.api.server.server import Server, listen
from shared.ledger.lifecycle import ColdTier
from shared.ledger.pool import connect as connect_ledger
from shared.log import Log
from shared.log import connect as connect_log
from shared.runtime.logging import logger
from shared.runtime.monitor import Health
from shared.runtime.process import Stopping, run_service, wait_for
from shared.runtime.settings import Settings

HINT = "Start NATS, or set NATS_URL; then run `penstock migrate`."

log = logger()


async def serve(settings: Settings, health: Health, stopping: Stopping) -> None:
    """Answers requests until `stopping`. Raises: Unavailable, if it cannot begin."""
    listener = listen(settings.api_host, settings.api_port)
    async with AsyncExitStack() as stack:
        stack.callback(listener.close)
        source = await _log(settings, stack)
        pool = await stack.enter_async_context(
            connect_ledger(settings.database_url, wait_seconds=settings.wait_seconds)
        )
        seen = await stack.enter_async_context(overview(source, pool, settings.pools))
        api = await _api(settings, health, pool, seen)
        departures = Departures(source, api.hub)
        api.hub.when_left = departures.left
        await stack.enter_async_context(source.answer_read(departures.is_read))
        looking = asyncio.create_task(api.capacity.watch())
        stack.callback(looking.cancel)
        server = Server(App(api, ROUTES), listener)
        server.start()
        health.ready()
        log.info("api.opened", url=server.url)
        await stopping.wait()
        server.should_exit = True
        departures.close()
        await api.hub.close()
        await server.stop()


async def _log(settings: Settings, stack: AsyncExitStack) -> Log:
    """The log, connected and provisioned."""

    async def probe() -> Log:
        async with AsyncExitStack() as attempt:
            found = await attempt.enter_async_context(
                connect_log(settings.nats_url, name=settings.service)
            )
            await found.about()
            stack.push_async_exit(attempt.pop_all())
            return found

    return await wait_for("log", probe, seconds=settings.wait_seconds, hint=HINT)


async def _api(settings: Settings, health: Health, pool: asyncpg.Pool, seen: Overview) -> Api:
    assert settings.token is not None
    assert settings.secret_key is not None
    source = seen.log
    agents, pipelines = Agents(pool), Pipelines(pool)
    records = Records(source, pool)
    return Api(
        log=source,
        records=records,
        chronicle=Chronicle(source, ColdTier(pool)),
        hub=Hub(records),
        flows=Flows(source, agents, pipelines, frozenset(settings.pools)),
        agents=agents,
        pipelines=pipelines,
        tokens=Tokens(settings.token.get_secret_value(), settings.workspace),
        tickets=Tickets(bytes.fromhex(settings.secret_key.get_secret_value())),
        capacity=Capacity(source),
        overview=seen,
        health=health,
        partitions=(await source.about()).partitions,
        origins=frozenset(settings.cors_origins),
    )


def main() -> None:
    """Runs the api until it is told to stop."""
    run_service("api", serve)


if __name__ == "__main__":
    main()
