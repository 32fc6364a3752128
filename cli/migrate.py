"""`penstock migrate`: brings the log and the database up to date; run again, it changes nothing.

The only command that creates streams, consumers, buckets and tables.
"""

from __future__ import annotations

import asyncio
import sys

from cli.printing import console, say
from services.projector.schema import ensure_roles, upgrade
from shared.errors import PenstockError
from shared.log.opening import bounds_of
from shared.log.provision import provision
from shared.runtime.process import wait_for
from shared.runtime.settings import Settings, SettingsInvalid, load

_FAILED, _MISCONFIGURED = 1, 2
_MIB = 1 << 20


def migrate() -> None:
    """Migrate what the environment names. Raises: SystemExit, 1 failed, 2 settings not valid."""
    try:
        settings = load("migrate")
        asyncio.run(_migrate(settings))
    except SettingsInvalid as error:
        sys.stderr.write(f"{error}\n")  # a line for each setting
        raise SystemExit(_MISCONFIGURED) from None
    except (PenstockError, OSError) as error:
        say(f"penstock migrate: {error}")
        raise SystemExit(_FAILED) from None


async def _migrate(settings: Settings) -> None:
    screen = console()
    made = await wait_for(
        "NATS server",
        lambda: provision(
            settings.nats_url,
            partitions=settings.partitions,
            pools=settings.pools,
            bounds=bounds_of(settings),
        ),
        seconds=settings.wait_seconds,
        hint="Start nats-server 2.14 or newer with JetStream (-js), or set NATS_URL.",
    )
    created = ", ".join(made.created) or "nothing new"
    screen.print(f"log: {made.partitions} partitions; created {created}")
    for store, limit in made.grown.items():
        screen.print(
            f"{store} holds more than its limit allows: it was given {limit / _MIB:,.0f} MiB. "
            "Migrate again once it holds less, or raise the setting."
        )
    await wait_for(
        "Postgres",
        lambda: upgrade(settings.database_url),
        seconds=settings.wait_seconds,
        hint="Start PostgreSQL, or set DATABASE_URL.",
    )
    await ensure_roles(settings.database_url, settings.postgres_passwords())
    screen.print("database: up to date")
