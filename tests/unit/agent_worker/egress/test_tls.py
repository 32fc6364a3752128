"""Certificates: they are those of the name, though an address is connected to."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path

import pytest

from services.agent_worker.egress import (
    EgressFailed,
    EgressRefused,
)
from tests.certificates import Authority
from tests.outside import OutsideServer, redirect, text
from tests.unit.agent_worker.egress.calling import LOCAL, calling, fetched
from tests.unit.agent_worker.egress.names import Names


def tls_server(folder: Path, hosts: Sequence[str]) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server with a certificate for `hosts` has, and what believes in it."""
    authority = Authority(folder, "authority")
    certificate, key = authority.issue("server", hosts)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=str(authority.file))


async def test_a_certificate_is_that_of_the_name_though_an_address_is_connected_to(
    tmp_path: Path,
) -> None:
    ours, client_tls = tls_server(tmp_path, ["one.example"])
    told: list[str | None] = []
    ours.sni_callback = lambda _, name, __: told.append(name)
    async with (
        OutsideServer(text("safe"), tls=ours) as server,
        calling("127.0.0.0/8", tls=client_tls) as client,
    ):
        found = await fetched(client, server.url(host="one.example"))
    assert found.body == b"safe"
    assert told == ["one.example"]


@pytest.mark.parametrize("host", ["two.example", LOCAL])
async def test_a_certificate_of_another_name_is_not_believed(tmp_path: Path, host: str) -> None:
    ours, client_tls = tls_server(tmp_path, ["one.example"])
    names = Names({"two.example": [LOCAL]})
    async with (
        OutsideServer(text("who?"), tls=ours) as server,
        calling("127.0.0.0/8", resolver=names, tls=client_tls) as client,
    ):
        with pytest.raises(EgressFailed, match="its certificate is not valid"):
            await fetched(client, server.url(host=host))
    assert not server.requests


async def test_a_connection_of_one_name_is_not_used_for_another(tmp_path: Path) -> None:
    ours, client_tls = tls_server(tmp_path, ["one.example"])
    names = Names({"one.example": [LOCAL], "two.example": [LOCAL]})
    async with (
        OutsideServer(text("safe"), tls=ours) as server,
        calling("127.0.0.0/8", resolver=names, tls=client_tls) as client,
    ):
        await fetched(client, server.url(host="one.example"))
        with pytest.raises(EgressFailed, match="certificate"):
            await fetched(client, server.url(host="two.example"))


async def test_an_unknown_authority_is_not_believed(tmp_path: Path) -> None:
    ours, _ = tls_server(tmp_path, ["one.example"])
    async with OutsideServer(text("who?"), tls=ours) as server, calling("127.0.0.0/8") as client:
        with pytest.raises(EgressFailed, match="its certificate is not valid"):
            await fetched(client, server.url(host="one.example"))


async def test_a_redirect_does_not_leave_encryption(tmp_path: Path) -> None:
    ours, client_tls = tls_server(tmp_path, ["one.example"])
    async with (
        OutsideServer(text("plain")) as plain,
        OutsideServer(redirect(plain.url(host="one.example")), tls=ours) as server,
        calling("127.0.0.0/8", tls=client_tls) as client,
    ):
        with pytest.raises(EgressRefused, match="stays encrypted") as refused:
            await fetched(client, server.url(host="one.example"))
    assert refused.value.reason == "downgrade"
    assert not plain.requests
