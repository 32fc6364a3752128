"""What the application is made of, from its start to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import asyncpg
from starlette.applications import Starlette

from services.api.admin.meters import Meters
from services.api.admin.overview import Overview, overview
from services.api.admin.parked_runs import ParkedRuns
from services.api.definitions.agent_table import Agents
from services.api.definitions.flows import Flows
from services.api.definitions.known_models import KnownModels
from services.api.definitions.pipeline_table import Pipelines
from services.api.history.capacity import Capacity
from services.api.history.flow_store import FlowStore
from services.api.history.run_history import RunHistory
from services.api.history.shares import Shares
from services.api.history.workspace_history import WorkspaceHistory
from services.api.http.parts import Parts
from services.api.identity.decision_links import DecisionLinks
from services.api.identity.tickets import Tickets
from services.api.live.abandoned_runs import AbandonedRuns
from services.api.live.hub import Hub
from services.api.runs.reading import RunReader
from services.api.service.guarded_log import guarded
from services.api.service.projector_watch import ProjectorWatch
from shared.ledger.lifecycle import ColdTier
from shared.ledger.pool import connect as connect_ledger
from shared.ledger.pool import watching_database
from shared.log import Log
from shared.log.jetstream.connection import NatsUnavailable
from shared.log.opening import open_log
from shared.runtime.dependency import Dependency, watching
from shared.runtime.monitor import Health
from shared.runtime.settings import Settings


def lifespan(
    settings: Settings, health: Health, tickets: Tickets, links: DecisionLinks
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """What to enter when the application starts. Raises: Unavailable, if it cannot begin."""

    @asynccontextmanager
    async def living(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            log, pool = await _dependencies(settings, health, stack)
            seen = await stack.enter_async_context(overview(log, pool, settings.pools))
            parts: Parts = app.state.parts
            parts.add(Health, health)
            parts.add(Tickets, tickets)
            parts.add(DecisionLinks, links)
            parts.add(Overview, seen)
            parts.add(ParkedRuns, ParkedRuns(log, pool, seen.schedulers))
            about, most = await log.about(), settings.max_run_bytes
            capacity = parts.add(Capacity, Capacity(log, about, health, most))
            shares = parts.add(Shares, Shares(pool, settings.max_workspace_bytes))
            parts.add(KnownModels, KnownModels(settings.default_model))
            add_parts(parts, log, pool, frozenset(settings.pools))
            hub = parts.get(Hub)
            departures = parts.add(AbandonedRuns, AbandonedRuns(log, hub))
            hub.when_left = departures.left
            await stack.enter_async_context(log.answer_read(departures.is_read))
            projector = ProjectorWatch(log, pool, health)
            for each in (capacity, shares, projector, Meters(seen)):
                stack.callback(asyncio.create_task(each.watch()).cancel)
            yield

    return living


def add_parts(parts: Parts, log: Log, pool: asyncpg.Pool, pools: frozenset[str]) -> None:
    """What handlers read and write by, over one log and one Postgres, with the known models."""
    parts.add(Log, log)
    parts.add(asyncpg.Pool, pool)
    records = parts.add(RunHistory, RunHistory(log, pool))
    parts.add(WorkspaceHistory, WorkspaceHistory(log, ColdTier(pool)))
    parts.add(Hub, Hub(records))
    agents, pipelines = parts.add(Agents, Agents(pool)), parts.add(Pipelines, Pipelines(pool))
    store = FlowStore(log, pool)
    flows = parts.add(Flows, Flows(store, agents, pipelines, pools, parts.get(KnownModels)))
    parts.add(RunReader, RunReader(records, flows))


async def dismiss_readers(parts: Parts) -> None:
    """The service stops: readers are sent elsewhere, and no run is cancelled for it."""
    parts.get(AbandonedRuns).close()
    await parts.get(Hub).close()


async def _dependencies(
    settings: Settings, health: Health, stack: AsyncExitStack
) -> tuple[Log, asyncpg.Pool]:
    """NATS and Postgres, once they answer; watched, and left by who waits when they fall silent."""
    log = await stack.enter_async_context(open_log(settings, settings.service))
    nats = Dependency("log", health, NatsUnavailable)
    await stack.enter_async_context(watching(nats, log.about))
    postgres = await stack.enter_async_context(watching_database(settings.database_url, health))
    pool = await stack.enter_async_context(
        connect_ledger(settings.database_url, wait_seconds=settings.wait_seconds, postgres=postgres)
    )
    return guarded(log, nats), pool
