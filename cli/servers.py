"""Which servers an operator's command works on: NATS and Postgres, beside the services.

--data  >  NATS_URL, DATABASE_URL  >  PENSTOCK_STACK (a stack.json)
        >  .penstock here or in a directory above  >  the addresses that are the default

Where `penstock up` runs, its stack.json says where they are; where it does not, they are started
on its data directory for as long as the command lasts.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.outcome import CommandError
from cli.stack import find_stack, nats_url_of
from cli.up.resting import resting_servers
from shared.ledger.following import services_at_work
from shared.ledger.pool import opened
from shared.runtime.settings import Settings, load

_NAMED = ("NATS_URL", "NATS_URL_FILE", "DATABASE_URL", "DATABASE_URL_FILE")
STACK, DATA, SECRETS = "stack.json", ".penstock", "secrets.json"


@dataclass(frozen=True)
class Servers:
    """Where they are: an environment, or the data directory of a stack that does not run."""

    environ: Mapping[str, str]
    resting: Path | None = None


def find_servers(data: Path | None, directory: Path, environ: Mapping[str, str]) -> Servers:
    """The servers that options, environment or files name. Raises: CommandError."""
    if data is not None:
        return _of_data(data, environ)
    if any(environ.get(name) for name in _NAMED):
        return Servers(environ)
    if named := environ.get("PENSTOCK_STACK"):
        path = Path(named)
        if not path.is_file() and path.with_name(SECRETS).is_file():
            return Servers(environ, resting=path.parent)
        return _of_stack(path, environ)
    for place in (directory, *directory.parents):
        if (place / DATA / SECRETS).is_file() or (place / DATA / STACK).is_file():
            return _of_data(place / DATA, environ)
    return Servers(environ)


@dataclass(frozen=True)
class Reached:
    """The settings of a command; its servers were started for it if they `were_resting`."""

    settings: Settings
    were_resting: bool = False


@asynccontextmanager
async def servers(command: str, data: Path | None = None) -> AsyncIterator[Reached]:
    """The servers a command works on, which answer if they are of a `penstock up`.

    Raises: CommandError, SettingsInvalid, Conflict, Unavailable.
    """
    found = find_servers(data, Path.cwd(), os.environ)
    if found.resting is None:
        yield Reached(load(command, found.environ))
        return
    async with resting_servers(found.resting) as environ:
        yield Reached(load(command, environ), were_resting=True)


async def require_consent(settings: Settings, what: str, *, yes: bool) -> None:
    """Returns if no service is at work on the database, or a person says that it may be done.

    Raises: CommandError, Unavailable.
    """
    if yes:
        return
    async with opened(settings.database_url) as connection:
        at_work = await services_at_work(connection)
    if not at_work:
        return
    found = f"{at_work} services are at work on this Penstock"
    if not sys.stdin.isatty():
        raise CommandError(
            f"{found}, and there is no terminal to ask whether {what}.",
            "Stop them first, or say --yes.",
        )
    sys.stderr.write(f"{found}. Do you want that {what}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise CommandError("Nothing was done.")


def _of_data(data: Path, environ: Mapping[str, str]) -> Servers:
    if (data / STACK).is_file():
        return _of_stack(data / STACK, environ)
    return Servers(environ, resting=data)


def _of_stack(path: Path, environ: Mapping[str, str]) -> Servers:
    stack = find_stack(None, None, path.parent, {"PENSTOCK_STACK": str(path)})
    named = {"NATS_URL": nats_url_of(stack, "migrate"), "DATABASE_URL": stack.database_url}
    found = {name: url for name, url in named.items() if url}
    # The log of one machine has one partition, unless it was told otherwise.
    return Servers({"PENSTOCK_PARTITIONS": "1", "PENSTOCK_LANES": "1", **environ, **found})
