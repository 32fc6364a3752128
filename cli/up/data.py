"""The data directory of one stack: its lock, its secrets, and `stack.json`.

DATA/lock         held (flock) by `penstock up` and by every process it starts
DATA/stack.json   how to reach the stack that runs now; absent when none does
DATA/secrets.json token, sealing key and the password of Postgres's owner, made once
DATA/passwords.json of the users of NATS and Postgres; a user that comes new is given one
DATA/nats, DATA/postgres, DATA/logs, DATA/monitors
"""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypedDict

from cli.stack import PASSWORDS_FILE
from shared.errors import Conflict, Rejected
from shared.log.rights import roles
from shared.runtime.doors import DATABASE_USERS

LEFTOVER_SECONDS = 6.0
NATS_USERS = tuple(role.name for role in roles())


class Service(TypedDict):
    """One process of the stack; `monitor_url` is where it answers questions about itself."""

    name: str
    pid: int
    monitor_url: str | None


class Stack(TypedDict):
    """What stack.json says."""

    api_url: str
    token: str
    nats_url: str
    database_url: str
    simulated: bool
    services: Sequence[Service]


@dataclass(frozen=True, kw_only=True)
class Secrets:
    token: str
    secret_key: str
    database_password: str


@dataclass(frozen=True, kw_only=True)
class Passwords:
    """Of the users of NATS and of Postgres, by name."""

    nats: Mapping[str, str] = field(repr=False)
    postgres: Mapping[str, str] = field(repr=False)


class DataDirectory:
    """One data directory, held by this process until `release`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock: int = -1

    @classmethod
    def held(cls, path: Path) -> "DataDirectory":
        """The directory at `path`, made if it was missing, now held by this process.

        Raises: Rejected when it cannot be written, Conflict when another stack holds it.
        """
        data = cls(path.resolve())
        try:
            data.path.mkdir(parents=True, exist_ok=True)
            for name in ("nats", "logs", "monitors"):
                (data.path / name).mkdir(exist_ok=True, mode=0o700)
            data.lock = os.open(data.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Rejected(
                f"The data directory {data.path} cannot be written ({error.strerror}): "
                "name another one with --data, or make it yours."
            ) from error
        data._take_lock()
        return data

    def release(self) -> None:
        """Lets others have the directory once the last process started from here is gone."""
        (self.path / "stack.json").unlink(missing_ok=True)
        os.close(self.lock)

    def secrets(self) -> Secrets:
        """The stack's secrets, the same at every start."""
        file = self.path / "secrets.json"
        if not file.exists():
            made = Secrets(
                token="pst_" + secrets.token_urlsafe(24),
                secret_key=secrets.token_hex(32),
                database_password=secrets.token_urlsafe(24),
            )
            write_whole(file, json.dumps(asdict(made)))
        return Secrets(**json.loads(file.read_text()))

    def passwords(self) -> Passwords:
        """Those of the stack's users, the same at every start."""
        file = self.path / PASSWORDS_FILE
        kept = json.loads(file.read_text()) if file.exists() else {}
        found = Passwords(
            nats=_completed(kept.get("nats", {}), NATS_USERS),
            postgres=_completed(kept.get("postgres", {}), DATABASE_USERS.values()),
        )
        if asdict(found) != kept:
            write_whole(file, json.dumps(asdict(found)))
        return found

    def remembered(self, name: str) -> int | None:
        """The port that was last noted under `name`."""
        return self._ports().get(name)

    def remember(self, name: str, port: int) -> None:
        write_whole(self.path / "ports.json", json.dumps({**self._ports(), name: port}))

    def write_stack(self, stack: Stack) -> None:
        write_whole(self.path / "stack.json", json.dumps(stack, indent=2) + "\n")

    def _ports(self) -> Mapping[str, int]:
        file = self.path / "ports.json"
        ports: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        return ports

    def _take_lock(self) -> None:
        # The processes of a stack whose `up` was killed are told so by the kernel and go within
        # seconds; until then they hold the lock with it.
        until = time.monotonic() + LEFTOVER_SECONDS
        while not _locked(self.lock):
            owner = int(os.pread(self.lock, 20, 0) or b"0")
            if _lives(owner):
                os.close(self.lock)
                raise Conflict(
                    f"A stack already runs on {self.path} (process {owner}): stop it first "
                    f"(kill {owner}), or give this one a directory of its own with --data "
                    "(`make run DATA=...`)."
                )
            if time.monotonic() > until:
                os.close(self.lock)
                raise Conflict(
                    f"Processes of an earlier stack still hold {self.path}: see `fuser "
                    f"{self.path}/lock`, stop them, and start again."
                )
            time.sleep(0.1)
        os.ftruncate(self.lock, 0)
        os.pwrite(self.lock, str(os.getpid()).encode(), 0)


def _completed(kept: Mapping[str, str], users: Iterable[str]) -> dict[str, str]:
    # NATS reads one that begins with a digit as a number.
    return {user: kept.get(user) or "p" + secrets.token_hex(24) for user in users}


def write_whole(path: Path, text: str) -> None:
    """Writes a file, readable by its owner alone, that others see whole or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.touch(mode=0o600)
    part.write_text(text)
    part.replace(path)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
