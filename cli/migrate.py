"""`penstock migrate`: brings the log and the database up to date; run again, it changes nothing.

The only command that creates streams, consumers, buckets and tables.
"""

from __future__ import annotations

from cli.operation import outcome_of
from cli.printing import console
from cli.servers import servers
from services.projector.flow_versions import copy_missing_flows
from services.projector.schema import ensure_roles, upgrade
from shared.log.encryption import nats_address
from shared.log.opening import bounds_of
from shared.log.provision import provision
from shared.runtime.process import wait_for
from shared.runtime.settings import Settings

_MIB = 1 << 20


def migrate() -> None:
    """Migrate what the environment, or else the stack of this directory, names.

    Raises: SystemExit, 1 failed, 2 settings not valid, 4 the stack that was named does not run.
    """
    outcome_of("migrate", _migrate())


async def _migrate() -> None:
    async with servers("migrate") as reached:
        for line in await bring_up_to_date(reached.settings):
            console().print(line)


async def bring_up_to_date(settings: Settings) -> list[str]:
    """Create or update what services need; what was done, in words.

    Raises: Rejected, Unavailable.
    """
    made = await wait_for(
        "NATS server",
        lambda: provision(
            nats_address(settings),
            partitions=settings.partitions,
            pools=settings.pools,
            lanes=settings.lanes,
            bounds=bounds_of(settings),
            replicas=settings.replicas,
        ),
        seconds=settings.wait_seconds,
        hint="Start nats-server 2.14 or newer with JetStream (-js), or set NATS_URL.",
    )
    created = ", ".join(made.created) or "nothing new"
    await wait_for(
        "Postgres",
        lambda: upgrade(settings.database_url),
        seconds=settings.wait_seconds,
        hint="Start PostgreSQL, or set DATABASE_URL.",
    )
    await ensure_roles(settings.database_url, settings.postgres_passwords())
    copied = await copy_missing_flows(settings.database_url, nats_address(settings), name="migrate")
    more = f"; copied {copied:,} flow versions that runs name" if copied else ""
    copies = (
        f"; {settings.replicas} replicas of {', '.join(made.replicated)}" if made.replicated else ""
    )
    return [
        f"log: {made.partitions} partitions; created {created}{copies}",
        *(_grown(store, limit) for store, limit in made.grown.items()),
        f"database: up to date{more}",
    ]


def _grown(store: str, limit_bytes: int) -> str:
    return (
        f"{store} holds more than its limit allows: it was given {limit_bytes / _MIB:,.0f} MiB. "
        "Migrate again once it holds less, or raise the setting."
    )
