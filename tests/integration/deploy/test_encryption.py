"""NATS with a certificate of its own making: who speaks to it, and who is left untold."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cli.up.nats import EmbeddedNats
from cli.up.port import LOOPBACK, free_port
from shared.log import connect
from shared.log.encryption import CertificateInvalid, nats_address, taken_apart
from shared.log.jetstream.lean import LeanClient, NotEncrypted
from shared.log.opening import open_log
from shared.log.provision import provision
from shared.runtime.settings import Settings, load
from tests.eventually import eventually, eventually_now
from tests.servers import own_folder

DAY = timedelta(days=1)


class Authority:
    """Signs certificates; its own stands in `{name}.pem`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}.pem"
        made = self._signed(self._name, self._key, is_authority=True)
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> tuple[Path, Path]:
        """A certificate for loopback, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        files = self._folder / f"{name}.cert.pem", self._folder / f"{name}.key.pem"
        made = self._signed(subject, key, is_authority=False)
        files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return files

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_authority: bool
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))])
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(names, critical=False)
            .sign(self._key, hashes.SHA256())
        )


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
    place = folder / "nats"
    place.mkdir()
    embedded = EmbeddedNats(
        folder=place, port=free_port(), monitor_port=free_port(), max_store_bytes=64 << 30
    )
    command = embedded.prepared()
    certificate, key = ours.issue("server")
    with (place / "nats.conf").open("a") as config:
        config.write(
            f'tls {{ cert_file: "{certificate}", key_file: "{key}", ca_file: "{ours.file}", '
            "verify: true }\n"
        )
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    eventually_now(lambda: "Server is ready" in (place / "log").read_text())
    yield embedded
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


async def test_who_does_not_know_its_authority_does_not_come_in(
    server: EmbeddedNats, ours: Authority, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    others, certificate = Authority(folder, "others"), ours.issue("stranger")
    for ca in (others.file, None):
        address = nats_address(settings_of(server.url, ca, certificate))
        trying = asyncio.create_task(come_in(address))
        await eventually(lambda: "CERTIFICATE_VERIFY_FAILED" in capsys.readouterr().out)
        assert not trying.done()
        trying.cancel()
        await asyncio.wait({trying})


async def come_in(address: str) -> None:
    async with connect(address, name="api"):
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
