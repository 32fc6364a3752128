"""Which Penstock the commands talk to.

--url, --token  >  PENSTOCK_STACK (a stack.json)  >  PENSTOCK_URL, PENSTOCK_TOKEN
                >  .penstock/stack.json here or in a directory above

Who has logged in there (login.json beside it) goes before the stack's own token, and after one that
was given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cli.outcome import CommandError, ExitCode
from cli.program import program
from shared.encoding import json_text_of
from shared.runtime.nats_addresses import as_user

PASSWORDS_FILE = "passwords.json"
LOGIN_FILE = "login.json"
START = (
    f"Start one with `{program()} up`, or name one: --url and --token, "
    "or PENSTOCK_URL and PENSTOCK_TOKEN."
)


@dataclass(frozen=True)
class Stack:
    """One Penstock; `source` says where it was found, for messages."""

    url: str
    token: str | None
    source: str
    nats_url: str | None = None
    simulated: bool = False
    database_url: str | None = field(default=None, repr=False)
    session: str | None = field(default=None, repr=False)
    workspace: str | None = None


def find_stack(
    url: str | None, token: str | None, directory: Path, environ: Mapping[str, str]
) -> Stack:
    """The stack that options, environment or files name, in this order, and who has logged in.

    Raises: CommandError, if none does or its file cannot be read.
    """
    stack = _named_stack(url, token, directory, environ)
    if token or (stack.token and environ.get("PENSTOCK_TOKEN") == stack.token):
        return stack
    return _as_logged_in(stack, directory)


def login_folder(stack: Stack, directory: Path) -> Path:
    """Where who logs in is kept: beside the stack's file, or in .penstock here."""
    source = Path(stack.source)
    return source.parent if source.is_file() else directory / ".penstock"


def _as_logged_in(stack: Stack, directory: Path) -> Stack:
    path = login_folder(stack, directory) / LOGIN_FILE
    try:
        kept = json.loads(json_text_of(path.read_bytes()))
        if kept["api_url"] != stack.url:
            return stack
        return replace(
            stack,
            token=None,
            session=kept["session"],
            workspace=kept["workspace"],
        )
    except FileNotFoundError:
        return stack
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(
            f"{path} does not hold a login ({error!r}).",
            f"Log in again: {program()} login EMAIL; or delete it.",
        ) from None


def _named_stack(
    url: str | None, token: str | None, directory: Path, environ: Mapping[str, str]
) -> Stack:
    nats_url = environ.get("NATS_URL")
    if url:
        return Stack(url, token or environ.get("PENSTOCK_TOKEN"), "--url", nats_url)
    if named := environ.get("PENSTOCK_STACK"):
        return _read(Path(named), token)
    if url := environ.get("PENSTOCK_URL"):
        return Stack(url, token or environ.get("PENSTOCK_TOKEN"), "PENSTOCK_URL", nats_url)
    for place in (directory, *directory.parents):
        path = place / ".penstock" / "stack.json"
        if path.is_file():
            return _read(path, token)
    raise CommandError(
        f"No Penstock is running that {directory} or a directory above knows of.",
        START,
        code=ExitCode.UNAVAILABLE,
    )


def nats_url_of(stack: Stack, role: str) -> str | None:
    """Where a role of a stack of `penstock up` finds NATS, with the password that is kept there."""
    if stack.nats_url is None:
        return None
    return with_password(stack.nats_url, role, Path(stack.source).parent)


def with_password(nats_url: str, role: str, data: Path) -> str:
    """The address for a role whose password is kept in a data directory; as it is without one."""
    kept = data / PASSWORDS_FILE
    passwords = (
        json.loads(json_text_of(kept.read_bytes())).get("nats", {}) if kept.is_file() else {}
    )
    return as_user(nats_url, role, passwords[role]) if role in passwords else nats_url


def _read(path: Path, token: str | None) -> Stack:
    try:
        found = json.loads(json_text_of(path.read_bytes()))
        return Stack(
            url=found["api_url"],
            token=token or found["token"],
            source=str(path),
            nats_url=found.get("nats_url"),
            simulated=bool(found.get("simulated")),
            database_url=found.get("database_url"),
        )
    except FileNotFoundError:
        raise CommandError(
            f"No Penstock is running: there is no {path}.", START, code=ExitCode.UNAVAILABLE
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(
            f"{path} does not describe a running Penstock ({error!r}).",
            START,
            code=ExitCode.UNAVAILABLE,
        ) from None
