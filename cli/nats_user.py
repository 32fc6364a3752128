"""`penstock nats-user`: a user on NATS for another program, which hears one workspace.

Where `penstock up` runs here, its server knows the user at once. Elsewhere the account is printed,
to be put into the server's nats-users.conf.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from cli.outcome import CommandError, ExitCode
from cli.printing import say
from cli.stack import Stack, find_stack, nats_url_of
from shared.errors import PenstockError
from shared.log.accounts import USERS_FILE, account
from shared.log.addresses import as_user
from shared.log.encryption import nats_address
from shared.log.provision import provision_external
from shared.log.rights import Role, filter_of, workspace_listener
from shared.run.facts import RunCompleted
from shared.runtime.settings import SettingsInvalid, load

_NAME = re.compile(r"[a-z0-9-]{1,63}")


def make_user(workspace: str, consumer: str | None, environ: Mapping[str, str]) -> ExitCode:
    """Makes a user that hears `workspace` and works off `ext-{consumer}`; prints how to log in.

    Raises: CommandError.
    """
    for name in filter(None, (workspace, consumer)):
        if not _NAME.fullmatch(name):
            raise CommandError(f"expected a name of a-z, 0-9 and -, got {name!r}")
    is_named = environ.get("NATS_URL") or environ.get("NATS_URL_FILE")
    local = None if is_named else find_stack(None, None, Path.cwd(), environ)
    admin = nats_url_of(local, "migrate") if local else _address(environ)
    external = [_consumer(admin, consumer, workspace)] if consumer and admin else []
    role = workspace_listener(f"{workspace}-{secrets.token_hex(4)}", workspace, external)
    # NATS reads one that begins with a digit as a number.
    password = "p" + secrets.token_hex(24)
    if local is None:
        sys.stdout.write(f"{account(role, password)}\n")
        say(f"Put this into {USERS_FILE} and have NATS read it: docs/howto/deploy.md says how.")
    else:
        _add(local, role, password)
        sys.stdout.write(f"{as_user(local.nats_url or '', role.name, password)}\n")
    return ExitCode.DONE


def _address(environ: Mapping[str, str]) -> str:
    try:
        return nats_address(load("migrate", environ))
    except SettingsInvalid as error:
        raise CommandError(str(error)) from None


def _consumer(admin: str, name: str, workspace: str) -> str:
    try:
        ended = filter_of(RunCompleted, workspace)
        return asyncio.run(provision_external(admin, name, ended))
    except PenstockError as error:
        raise CommandError(f"the consumer was not made: {error}") from error


def _add(stack: Stack, role: Role, password: str) -> None:
    described = Path(stack.source)
    parts = json.loads(described.read_text())["services"]
    server = next((part["pid"] for part in parts if part["name"] == "nats"), None)
    if server is None:
        raise CommandError(f"expected NATS to run, found none in {described}; start `penstock up`")
    with (described.parent / "nats" / USERS_FILE).open("a") as users:
        users.write(account(role, password) + "\n")
    os.kill(server, signal.SIGHUP)
