"""Which Penstock the commands talk to.

--url, --token  >  PENSTOCK_STACK (a stack.json)  >  PENSTOCK_URL, PENSTOCK_TOKEN
                >  .penstock/stack.json here or in a directory above
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cli.outcome import CommandError, ExitCode
from cli.program import program
from shared.encoding import json_text_of
from shared.log.addresses import as_user

PASSWORDS_FILE = "passwords.json"
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


def find_stack(
    url: str | None, token: str | None, directory: Path, environ: Mapping[str, str]
) -> Stack:
    """The stack that options, environment or files name, in this order.

    Raises: CommandError, if none does or its file cannot be read.
    """
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
