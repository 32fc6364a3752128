"""`penstock nats-user`: a user on NATS for another program, which hears one workspace, or
serves its tools.

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
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import nats
from nats.aio.client import Client
from penstock_client import PenstockError as ClientError

from cli.outcome import CommandError, ExitCode
from cli.printing import say
from cli.session import Session
from cli.stack import Stack, find_stack, nats_url_of
from shared.errors import PenstockError
from shared.log.accounts import USERS_FILE, account
from shared.log.encryption import nats_address
from shared.log.provision import provision_external
from shared.log.rights import filter_of, tool_server, workspace_listener
from shared.log.role import Role
from shared.log.subjects import AnyFact
from shared.run.facts import RunCompleted, StepWaiting
from shared.runtime.nats_addresses import as_user
from shared.runtime.settings import SettingsInvalid, load

KNOWN_SECONDS, KNOWN_EVERY_SECONDS = 10.0, 0.1
_NAME = re.compile(r"[a-z0-9-]{1,63}")


class Wanted(NamedTuple):
    """A user that hears `workspace` and works off `ext-{consumer}`, or one that serves its tools.

    The consumer has the ends of runs, and with `approvals` the questions to people too.
    """

    workspace: str
    consumer: str | None = None
    approvals: bool = False
    tools: bool = False

    def check(self) -> None:
        """Raises: CommandError."""
        for name in (self.workspace, self.consumer):
            if name is not None and not _NAME.fullmatch(name):
                raise CommandError(f"expected a name of a-z, 0-9 and -, got {name!r}")
        if self.tools and (self.consumer or self.approvals):
            raise CommandError(
                "expected --tools alone, got it with --consumer or --approvals; make two users"
            )


def make_user(wanted: Wanted, environ: Mapping[str, str]) -> ExitCode:
    """Makes a user, and prints how to log in. Raises: CommandError."""
    wanted.check()
    is_named = environ.get("NATS_URL") or environ.get("NATS_URL_FILE")
    local = None if is_named else find_stack(None, None, Path.cwd(), environ)
    if local is not None and wanted.tools:
        asyncio.run(_check_workspace(local, wanted.workspace))
    role = _role(wanted, local, environ)
    # NATS reads one that begins with a digit as a number.
    password = "p" + secrets.token_hex(24)
    if local is None:
        sys.stdout.write(f"{account(role, password)}\n")
        page = "serve-a-tool" if wanted.tools else "listen-on-nats"
        say(
            f"Put this into {USERS_FILE} and have NATS read it: see docs/howto/{page}.md, "
            "In a deployment."
        )
    else:
        url = as_user(local.nats_url or "", role.name, password)
        _add(local, role, password, url)
        sys.stdout.write(f"{url}\n")
    return ExitCode.DONE


def _role(wanted: Wanted, local: Stack | None, environ: Mapping[str, str]) -> Role:
    """What the user may do, its consumer being made. Raises: CommandError."""
    name = f"{wanted.workspace}-{secrets.token_hex(4)}"
    if wanted.tools:
        return tool_server(name, wanted.workspace)
    admin = nats_url_of(local, "migrate") if local else _address(environ)
    facts = (RunCompleted, StepWaiting) if wanted.approvals else (RunCompleted,)
    external = []
    if wanted.consumer and admin:
        external.append(_consumer(admin, wanted.consumer, wanted.workspace, facts))
    return workspace_listener(name, wanted.workspace, external)


async def _check_workspace(stack: Stack, workspace: str) -> None:
    """Raises: CommandError, if the stack has no such workspace, as far as it tells."""
    with suppress(ClientError):  # it is down, or does not tell who asks
        async with Session(stack).client() as penstock:
            slugs = [each.slug async for each in penstock.workspaces.list()]
        if workspace not in slugs:
            raise CommandError(
                f"expected a workspace that is there, got {workspace}",
                "`penstock workspace list` shows them, `penstock workspace add` makes one.",
            )


def _address(environ: Mapping[str, str]) -> str:
    try:
        return nats_address(load("migrate", environ))
    except SettingsInvalid as error:
        raise CommandError(str(error)) from None


def _consumer(admin: str, name: str, workspace: str, facts: Sequence[type[AnyFact]]) -> str:
    wanted = [filter_of(fact, workspace) for fact in facts]
    try:
        return asyncio.run(provision_external(admin, name, workspace, *wanted))
    except PenstockError as error:
        raise CommandError(f"the consumer was not made: {error}") from error


def _add(stack: Stack, role: Role, password: str, url: str) -> None:
    """Has the stack's server know the role.

    A reload makes a new account, and what the account may ask of another takes part from the
    reload after that one on (nats-server 2.15): so there are two.
    """
    described = Path(stack.source)
    parts = json.loads(described.read_text())["services"]
    server = next((part["pid"] for part in parts if part["name"] == "nats"), None)
    if server is None:
        raise CommandError(f"expected NATS to run, found none in {described}; start `penstock up`")
    with (described.parent / "nats" / USERS_FILE).open("a") as users:
        users.write(account(role, password) + "\n")
    os.kill(server, signal.SIGHUP)
    if not asyncio.run(_is_known(url)):
        raise CommandError(f"NATS has not taken the user up in {KNOWN_SECONDS:.0f} s; see its log")
    os.kill(server, signal.SIGHUP)


async def _is_known(url: str) -> bool:
    """Whether the server lets the user in, within KNOWN_SECONDS."""
    with suppress(TimeoutError):
        async with asyncio.timeout(KNOWN_SECONDS):
            while True:
                if await is_let_in(url):
                    return True
                await asyncio.sleep(KNOWN_EVERY_SECONDS)
    return False


async def is_let_in(url: str) -> bool:
    """Whether NATS lets the user of this address in, asked once."""
    client = Client()
    try:
        await client.connect(url, allow_reconnect=False, error_cb=_ignore)
    except (OSError, nats.errors.Error):
        return False
    finally:
        await client.close()  # a refused connection is still open
    return True


async def _ignore(error: Exception) -> None:
    """The user is not known yet: it is tried again."""
