"""What the application is made of, from its start to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace

import asyncpg
from starlette.applications import Starlette

from services.api.admin.meters import Meters
from services.api.admin.overview import Overview, overview
from services.api.admin.parked_runs import ParkedRuns
from services.api.definitions.definition_table import Agents, Tools
from services.api.definitions.flows import Flows
from services.api.definitions.gone import Forgetting
from services.api.definitions.known_models import KnownModels
from services.api.definitions.named import NamedReader
from services.api.definitions.pipeline_table import Pipelines
from services.api.exchange.import_table import Imports
from services.api.history.capacity import Capacity
from services.api.history.flow_store import FlowStore
from services.api.history.run_history import RunHistory
from services.api.history.shares import Shares
from services.api.history.workspace_history import WorkspaceHistory
from services.api.http.parts import Parts
from services.api.identity.decision_links import DecisionLinks
from services.api.identity.known import Known
from services.api.identity.passwords import Passwords
from services.api.identity.throttle import Throttle
from services.api.identity.tickets import Tickets
from services.api.jobs.cancelling import Canceller
from services.api.jobs.job_table import Jobs
from services.api.jobs.retrying import Retrier
from services.api.jobs.worker import JobWorker, Kind
from services.api.keys.credential_table import CredentialTable
from services.api.keys.known_keys import WorkerKeys, WorkspaceKeys
from services.api.keys.probe import Probe
from services.api.keys.publishing import Publishing
from services.api.live.abandoned_runs import AbandonedRuns
from services.api.live.hub import Hub
from services.api.live.rights import RightsWatch
from services.api.openid.calls import Openable
from services.api.openid.opening import open_openid
from services.api.people.deed_table import DeedTable
from services.api.people.deletion_table import Deletions
from services.api.people.limit_table import LimitTable
from services.api.people.link_table import Links
from services.api.people.member_table import Members
from services.api.people.own_queues import OwnQueues
from services.api.people.session_table import Sessions
from services.api.people.token_table import Tokens
from services.api.people.user_table import Users
from services.api.people.workspace_table import Workspaces
from services.api.runs.limits import RunLimits
from services.api.runs.reading import RunReader
from services.api.runs.waiting_for import ServedPools
from services.api.service.guarded_log import guarded
from services.api.service.projector_watch import ProjectorWatch
from services.api.tools.asking import UnderWay
from services.api.versions.alias_table import Aliases
from services.api.versions.version_table import AgentVersions, ToolVersions, Versions
from shared.credentials.sealer import Sealer
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
            parts.add(ParkedRuns, ParkedRuns(log, pool, seen.schedulers))
            about, most = await log.about(), settings.max_run_bytes
            capacity = parts.add(Capacity, Capacity(log, about, health, most))
            shares = parts.add(Shares, Shares(pool, settings.max_workspace_bytes))
            limits = parts.add(RunLimits, RunLimits(LimitTable(pool)))
            parts.add(KnownModels, known_models(settings))
            add_parts(parts, log, pool, frozenset(settings.pools))
            _add_overview(parts, seen)
            parts.replace(Openable, await open_openid(settings, pool, stack))
            parts.add(Sealer, Sealer(*settings.secret_keys))
            parts.add(Probe, await stack.enter_async_context(Probe(settings.model_providers)))
            hub = parts.get(Hub)
            departures = parts.add(AbandonedRuns, AbandonedRuns(log, hub))
            hub.when_left, hub.most_readers = departures.left, limits.most_readers
            await stack.enter_async_context(log.answer_read(departures.is_read))
            await parts.get(Workspaces).ensure(settings.workspace)
            projector = ProjectorWatch(log, pool, health)
            rights = RightsWatch(hub, parts.get(Known))
            jobs, publishing = _job_worker(parts), parts.get(Publishing)
            watches = (capacity, shares, limits, projector, rights, publishing, Meters(seen))
            for each in (*watches, parts.get(OwnQueues), jobs, Forgetting(pool)):
                stack.callback(asyncio.create_task(each.watch()).cancel)
            yield

    return living


def known_models(settings: Settings) -> KnownModels:
    """The models and providers that the settings name."""
    return KnownModels(
        settings.default_model,
        settings.model_providers,
        is_simulated=settings.is_simulated,
    )


def add_parts(parts: Parts, log: Log, pool: asyncpg.Pool, pools: frozenset[str]) -> None:
    """What handlers read and write by, over one log and one Postgres, with the known models."""
    parts.add(Log, log)
    parts.add(asyncpg.Pool, pool)
    parts.add(Known, Known(pool))
    parts.add(DeedTable, DeedTable(pool))
    parts.add(Tokens, Tokens(pool))
    parts.add(Workspaces, Workspaces(pool))
    parts.add(Deletions, Deletions(pool))
    parts.add(LimitTable, LimitTable(pool, pools))
    parts.add(OwnQueues, OwnQueues(pool))
    parts.add(Jobs, Jobs(pool))
    keys = parts.add(WorkspaceKeys, WorkspaceKeys(pool))
    models = replace(parts.get(KnownModels), own=keys.default_model)
    parts.replace(KnownModels, models)
    parts.add(WorkerKeys, WorkerKeys())
    table = parts.add(CredentialTable, CredentialTable(pool))
    parts.add(Publishing, Publishing(table, log))
    for kind in (Versions, AgentVersions, ToolVersions, Aliases, Imports):
        parts.add(kind, kind(pool))
    add_people(parts, pool)
    records = parts.add(RunHistory, RunHistory(log, pool))
    parts.add(WorkspaceHistory, WorkspaceHistory(log, ColdTier(pool)))
    parts.add(Hub, Hub(records))
    agents, pipelines = parts.add(Agents, Agents(pool)), parts.add(Pipelines, Pipelines(pool))
    store = FlowStore(log, pool)
    named = NamedReader(agents, parts.add(Tools, Tools(pool)))
    flows = parts.add(Flows, Flows(store, named, pipelines, pools, models))
    parts.add(RunReader, RunReader(records, flows))


def _job_worker(parts: Parts) -> JobWorker:
    kinds: dict[str, Kind] = {"cancel": Canceller(parts.get(Log)), "retry": Retrier(parts)}
    return JobWorker(parts.get(asyncpg.Pool), parts.get(Jobs), kinds)


def add_people(parts: Parts, pool: asyncpg.Pool) -> None:
    """What handlers let people in by, and know of them."""
    parts.add(Users, Users(pool))
    parts.add(Members, Members(pool))
    parts.add(Links, Links(pool))
    parts.add(Sessions, Sessions(pool))
    parts.add(Passwords, Passwords())
    parts.add(Throttle, Throttle())
    parts.add(UnderWay, UnderWay())
    parts.add(Openable, Openable())


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


def _add_overview(parts: Parts, seen: Overview) -> None:
    """Add what is told by workers and schedulers, and what runs are told of it."""
    parts.add(Overview, seen)
    parts.add(ServedPools, ServedPools(seen.served))
    parts.replace(WorkerKeys, WorkerKeys(seen.worker_words))
