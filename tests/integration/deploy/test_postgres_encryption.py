"""Postgres with a certificate, as a server that encrypts shows it to who asks for encryption.

The server of the wheel has no TLS: a front of this test's ends it, over the real one.
"""

from __future__ import annotations

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from cli.up.port import LOOPBACK
from services.projector.schema.upgrade import upgrade
from shared.errors import Unavailable
from shared.ledger.pool import connect
from tests.certificates import Authority
from tests.servers import own_folder

# Source: PostgreSQL, message formats, SSLRequest.
WANTS_ENCRYPTION = bytes.fromhex("0000000804d2162f")


class Front:
    """Speaks TLS with clients, and plainly with the server; `plain` are who asked for none."""

    def __init__(self, server: str, files: tuple[Path, Path]) -> None:
        self._server = urlsplit(server)
        self._encryption = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._encryption.load_cert_chain(*files)
        self.encrypted = self.plain = 0

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One client, to its end."""
        if await reader.readexactly(len(WANTS_ENCRYPTION)) != WANTS_ENCRYPTION:
            self.plain += 1
            writer.close()
            return
        writer.write(b"S")
        try:
            await writer.start_tls(self._encryption)
        except (OSError, asyncio.IncompleteReadError):
            return
        self.encrypted += 1
        far_reader, far_writer = await asyncio.open_connection(
            self._server.hostname, self._server.port
        )
        await asyncio.gather(_passed(reader, far_writer), _passed(far_reader, writer))


async def _passed(reader: StreamReader, writer: StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def front(server: str, authority: Authority) -> AsyncIterator[tuple[Front, str]]:
    """The front, and the address of a database behind it, without options."""
    made = Front(server, authority.issue("postgres"))
    listener = await asyncio.start_server(made.serve, LOOPBACK, 0)
    port = listener.sockets[0].getsockname()[1]
    whole = urlsplit(server)
    user = whole.netloc.rpartition("@")[0]
    yield made, whole._replace(netloc=f"{user}@{LOOPBACK}:{port}", query="").geturl()
    listener.close()


def verified(url: str, ca: Path) -> str:
    return f"{url}?{urlencode({'sslmode': 'verify-full', 'sslrootcert': str(ca)})}"


async def test_services_and_migrations_speak_to_it_encrypted(empty_database_url: str) -> None:
    with own_folder() as folder:
        ours = Authority(folder, "ours")
        async with front(empty_database_url, ours) as (made, url):
            await upgrade(verified(url, ours.file))
            async with connect(verified(url, ours.file), wait_seconds=0) as pool:
                assert await pool.fetchval("select count(*) from runs") == 0
            assert (made.encrypted >= 3, made.plain) == (True, 0)


async def test_a_server_of_another_authority_is_told_nothing(
    empty_database_url: str,
) -> None:
    with own_folder() as folder:
        ours, others = Authority(folder, "ours"), Authority(folder, "others")
        async with front(empty_database_url, ours) as (made, url):
            with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
                await upgrade(verified(url, others.file))
            assert (made.encrypted, made.plain) == (0, 0)
