"""Real servers for tests: one nats-server and one PostgreSQL a test process, started when first
asked for, in directories of their own, gone when the tests end.

They are the servers `penstock up` embeds, started from the same definitions.
"""

import asyncio
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import asyncpg
import nats
import psutil
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from cli.up.nats import EmbeddedNats
from cli.up.port import free_port
from cli.up.postgres import EmbeddedPostgres, identity
from services.projector.schema.upgrade import upgrade
from tests.eventually import PATIENCE_SECONDS, eventually, eventually_now
from tests.frozen import freeze

STORE_BYTES = 64 << 30
IN_MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 << 30
MADE_FOR_TESTS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class NatsServer:
    """A nats-server with JetStream that a test may stop, kill, freeze and start again."""

    def __init__(self, folder: Path, embedded: EmbeddedNats | None = None) -> None:
        self.embedded = embedded or EmbeddedNats(
            folder=folder, port=free_port(), monitor_port=free_port(), max_store_bytes=STORE_BYTES
        )
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.embedded.url

    def start(self) -> None:
        """Starts it on its store and its port; returns once it answers."""
        self.begin()
        eventually_now(self.answers)

    def begin(self) -> None:
        """Starts it, and does not wait for it."""
        self.process = subprocess.Popen(
            self.embedded.prepared(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ends it with a signal (SIGKILL: as a crash does); what it stored stays."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(number)
        self.process.wait(timeout=PATIENCE_SECONDS)
        self.process = None

    def freeze(self) -> None:
        """It falls silent, and keeps its connections."""
        assert self.process is not None
        freeze(self.process.pid)

    def thaw(self) -> None:
        """It goes on where it was."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    async def wipe(self) -> None:
        """Deletes every stream, and with them buckets and consumers."""
        client = await connected(self.url)
        try:
            context = client.jetstream(timeout=PATIENCE_SECONDS)
            for stream in await context.streams_info():
                with suppress(NotFoundError):
                    await context.delete_stream(str(stream.config.name))
        finally:
            await client.close()

    def answers(self) -> bool:
        """It says that it is well; a member of a cluster, once that is."""
        if self.process is not None and self.process.poll() is not None:
            raise RuntimeError(
                f"nats-server ended with {self.process.returncode}: run `make setup`, then "
                f"{' '.join(self.embedded.prepared())}"
            )
        try:
            with urlopen(
                f"{self.embedded.monitor_url}/healthz", timeout=PATIENCE_SECONDS
            ) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


class PostgresServer:
    """A PostgreSQL whose template database holds the newest schema."""

    TEMPLATE = "penstock_template"

    def __init__(self, folder: Path) -> None:
        self.embedded = EmbeddedPostgres(
            folder=folder, port=free_port(), password="for-tests-only", tuning=MADE_FOR_TESTS
        )
        self.process: subprocess.Popen[bytes] | None = None
        self._clones = 0

    def start(self) -> None:
        """Starts it and migrates the template."""
        self._start()
        asyncio.run(self._make_template())

    async def restart(self) -> None:
        """Starts it again on what it stored; returns once it answers."""
        self._start()
        await eventually(self._accepts)

    def _start(self) -> None:
        command = self.embedded.prepared()
        log = self.embedded.folder.with_name("postgres.log")
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command, stdout=output, stderr=output, cwd="/", **identity()
            )

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Ends it with a signal (SIGQUIT: as a crash does); what it stored stays."""
        if self.process is not None:
            self.thaw()
            self.process.send_signal(number)
            self.process.wait(timeout=PATIENCE_SECONDS)
            self.process = None

    def freeze(self) -> None:
        """It falls silent with all its connections, and takes no new ones."""
        server = self._server()
        freeze(server.pid, *(child.pid for child in server.children(recursive=True)))

    def thaw(self) -> None:
        """It goes on where it was."""
        server = self._server()
        for process in (server, *server.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)

    def _server(self) -> psutil.Process:
        assert self.process is not None
        return psutil.Process(self.process.pid)

    async def clone(self) -> str:
        """The URL of a new database with the newest schema and nothing in it."""
        self._clones += 1
        name = f"test_{self._clones}"
        await self._execute(f"create database {name} template {self.TEMPLATE} strategy file_copy")
        return self.embedded.url_of(name)

    async def empty(self) -> str:
        """The URL of a new database without any schema."""
        self._clones += 1
        name = f"test_{self._clones}"
        await self._execute(f"create database {name}")
        return self.embedded.url_of(name)

    async def drop(self, url: str) -> None:
        await self._execute(f"drop database if exists {url.rpartition('/')[2]} with (force)")

    async def _make_template(self) -> None:
        await eventually(self._accepts)
        await self._execute(f"create database {self.TEMPLATE}")
        await upgrade(self.embedded.url_of(self.TEMPLATE))

    async def _accepts(self) -> bool:
        try:
            await self._execute("select 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.embedded.url_of("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


async def connected(url: str, inbox: str = "_INBOX") -> Client:
    """A client of its own, for a test that looks at a server from outside."""
    return await nats.connect(url, connect_timeout=PATIENCE_SECONDS, inbox_prefix=inbox.encode())


async def flushed(client: Client) -> None:
    """Returns when the server has read all that the client has sent.

    The library's question goes before what it has not written yet, so it is asked again once the
    first is answered: by then all is written.
    """
    for _ in range(2):
        await client.flush()


@contextmanager
def own_folder() -> Iterator[Path]:
    """A directory that PostgreSQL's own user can reach, when tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="penstock-tests-", dir=_place()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _place() -> Path | None:
    """Memory, if it has room; else where temporary files are.

    PostgreSQL makes 300 files a database: on some disks that is a second for every test.
    """
    if not IN_MEMORY.is_dir():
        return None
    free = min(psutil.virtual_memory().available, shutil.disk_usage(IN_MEMORY).free)
    return IN_MEMORY if free >= ROOM_BYTES else None
