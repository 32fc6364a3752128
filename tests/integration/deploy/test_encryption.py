"""NATS with a certificate of its own making: who speaks to it, and who is left untold."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.up.nats import EmbeddedNats
from cli.up.port import LOOPBACK, free_port
from shared.errors import Unavailable
from shared.log import connect
from shared.log.encryption import CertificateInvalid, nats_address, taken_apart
from shared.log.jetstream.lean import LeanClient, NotEncrypted
from shared.log.opening import open_log
from shared.log.provision import provision
from shared.runtime.settings import Settings, load
from tests.certificates import Authority
from tests.compose import environment, services
from tests.deployment import VALUES
from tests.eventually import PATIENCE_SECONDS, eventually, eventually_now
from tests.servers import own_folder


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with own_folder() as made:
        yield made


@pytest.fixture(scope="module")
def ours(folder: Path) -> Authority:
    return Authority(folder, "ours")


@pytest.fixture(scope="module")
def server(folder: Path, ours: Authority) -> Iterator[EmbeddedNats]:
    """A server that shows a certificate, and asks for one."""
    embedded = embedded_in(folder / "nats")
    asked = ["--tlsverify", f"--tlscacert={ours.file}"]
    command = [*embedded.prepared(), *tls_of_compose(ours), *asked]
    with begun(command, folder / "nats"):
        yield embedded


def embedded_in(place: Path) -> EmbeddedNats:
    place.mkdir()
    return EmbeddedNats(
        folder=place, port=free_port(), monitor_port=free_port(), max_store_bytes=64 << 30
    )


def tls_of_compose(ours: Authority) -> list[str]:
    """What compose.tls.yaml has NATS told, with files of this authority."""
    certificate, key = ours.issue("server")
    here = {"/etc/penstock/server.pem": str(certificate), "/etc/penstock/server.key": str(key)}
    told = services(VALUES, "compose.tls.yaml")["nats"]["command"]
    options = [each.partition("=") for each in told if each.startswith("--tls")]
    return [f"{option}={here[file]}" for option, _, file in options]


@contextmanager
def begun(command: list[str], place: Path) -> Iterator[None]:
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        eventually_now(lambda: "Server is ready" in (place / "log").read_text())
        yield
    finally:
        process.kill()
        process.wait()


def settings_of(url: str, ca: Path | None, files: tuple[Path, Path] | None) -> Settings:
    given = {"NATS_URL": url, "PENSTOCK_WAIT_SECONDS": "0"}
    if ca:
        given["NATS_TLS_CA"] = str(ca)
    if files:
        given["NATS_TLS_CERT"], given["NATS_TLS_KEY"] = map(str, files)
    return load("migrate", given)


async def tried(address: str) -> None:
    """One try to come in. Raises what a service is told at each, and tries again."""
    url, encryption = taken_apart(address)
    client = LeanClient()
    client.demands_encryption = encryption is not None
    try:
        await client.connect(url, tls=encryption, allow_reconnect=False)
    finally:
        await client.close()


async def test_a_service_with_certificates_comes_in_and_comes_back(
    server: EmbeddedNats, ours: Authority
) -> None:
    settings = settings_of(server.url, ours.file, ours.issue("service"))
    await provision(nats_address(settings), partitions=1, pools=("local",))
    async with open_log(settings, "api") as log:
        assert (await log.about()).partitions == 1


async def test_a_service_of_compose_comes_in_by_what_it_is_told_there(
    folder: Path, ours: Authority
) -> None:
    embedded = embedded_in(folder / "composed")
    told = environment(services(VALUES, "compose.tls.yaml")["migrate"])
    assert told == {"NATS_TLS_CA": "/etc/penstock/ca.pem"}
    with begun([*embedded.prepared(), *tls_of_compose(ours)], folder / "composed"):
        settings = settings_of(embedded.url, ours.file, None)
        await provision(nats_address(settings), partitions=1, pools=("local",))
        await is_refused(settings_of(embedded.url, None, None), "CERTIFICATE_VERIFY_FAILED|lets us")


async def test_who_does_not_know_its_authority_does_not_come_in(
    server: EmbeddedNats, ours: Authority, folder: Path
) -> None:
    others, certificate = Authority(folder, "others"), ours.issue("stranger")
    for ca in (others.file, None):
        await is_refused(settings_of(server.url, ca, certificate), "CERTIFICATE_VERIFY_FAILED")


async def test_who_shows_no_certificate_does_not_wait_for_ever(
    server: EmbeddedNats, ours: Authority
) -> None:
    await is_refused(settings_of(server.url, ours.file, None), "expected a NATS server that lets")


async def is_refused(settings: Settings, reason: str) -> None:
    """It ends, for the wait is over, and says the reason."""
    with pytest.raises(Unavailable, match=reason):
        async with asyncio.timeout(PATIENCE_SECONDS), open_log(settings, "api"):
            pass


async def test_a_server_without_encryption_is_told_nothing(ours: Authority) -> None:
    heard: list[bytes] = []
    left = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told = {"server_id": "x", "version": "2.15.0", "max_payload": 1 << 20, "headers": True}
        writer.write(b"INFO " + json.dumps(told).encode() + b"\r\n")
        heard.append(await reader.read())
        writer.close()
        left.set()

    listener = await asyncio.start_server(serve, LOOPBACK, 0)
    port = listener.sockets[0].getsockname()[1]
    address = nats_address(settings_of(f"nats://api:secret@{LOOPBACK}:{port}", ours.file, None))
    with pytest.raises(NotEncrypted):
        await tried(address)
    await eventually(left.is_set)
    assert b"".join(heard) == b""
    listener.close()
    await listener.wait_closed()


async def test_files_that_are_no_certificates_are_named(ours: Authority, folder: Path) -> None:
    missing = folder / "missing.pem"
    with pytest.raises(CertificateInvalid, match=r"in PEM in .*missing\.pem"):
        async with connect(nats_address(settings_of("nats://h:1", missing, None)), name="api"):
            pass
    half = load("migrate", {"NATS_TLS_CA": str(ours.file), "NATS_TLS_CERT": str(ours.file)})
    with pytest.raises(CertificateInvalid, match="set both"):
        async with connect(nats_address(half), name="api"):
            pass
