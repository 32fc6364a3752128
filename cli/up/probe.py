"""How the supervisor learns that a process serves."""

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Protocol

from cli.up.postgres import EmbeddedPostgres
from shared.errors import Unavailable

SECONDS = 2.0


class Monitor(Protocol):
    """What answers questions about one process, whichever process it is at the moment."""

    def url(self) -> str | None:
        """Where it answers over HTTP; None when it does not, or not yet."""

    def forget(self) -> None:
        """A new process is about to start: what was known of the last one is void."""

    async def is_ready(self) -> bool: ...

    async def is_alive(self) -> bool:
        """It answers anything at all."""


class ServiceMonitor:
    """A service writes the URL of its monitor into a file (PENSTOCK_MONITOR_FILE)."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def url(self) -> str | None:
        return self.file.read_text().strip() if self.file.exists() else None

    def forget(self) -> None:
        self.file.unlink(missing_ok=True)

    async def is_ready(self) -> bool:
        url = self.url()
        return url is not None and await answers(f"{url}/health/ready")

    async def is_alive(self) -> bool:
        url = self.url()
        return url is not None and await status_of(f"{url}/health") is not None


class HttpMonitor:
    """A server at a known address that answers 200 on one path once it serves."""

    def __init__(self, address: str, path: str) -> None:
        self.address, self.path = address, path

    def url(self) -> str | None:
        return self.address

    def forget(self) -> None:
        """Nothing is known of a process: the address is the same for the next."""

    async def is_ready(self) -> bool:
        return await answers(self.address + self.path)

    async def is_alive(self) -> bool:
        return await status_of(self.address + self.path) is not None


class PostgresMonitor:
    """PostgreSQL serves once our database exists; this makes it, the first time."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server = server

    def url(self) -> str | None:
        return None

    def forget(self) -> None:
        """Nothing is known of a process: the address is the same for the next."""

    async def is_ready(self) -> bool:
        try:
            await self.server.ensure_database()
        except Unavailable:
            return False
        return True

    async def is_alive(self) -> bool:
        return await self.server.answers(SECONDS)


async def answers(url: str) -> bool:
    """Whether a GET of `url` (http://host:port/path) is answered with 200."""
    return await status_of(url) == b"200"


async def status_of(url: str) -> bytes | None:
    """The status that answers a GET of `url`, None without an answer."""
    address, _, path = url.removeprefix("http://").partition("/")
    host, _, port = address.partition(":")
    request = f"GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection(host, int(port))
            with closing(writer):
                writer.write(request.encode())
                status = (await reader.readline()).split(b" ")
    except (OSError, TimeoutError):
        return None
    return status[1] if len(status) > 1 else None
