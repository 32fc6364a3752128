"""Redirects over real sockets: what they may do, and what travels with them."""

from __future__ import annotations

import pytest

from services.agent_worker.egress import (
    EgressRefused,
    TooManyRedirects,
)
from tests.outside import OutsideServer, answer, redirect, text
from tests.unit.agent_worker.egress.calling import LOCAL, OTHER, SECRETS, calling, fetched
from tests.unit.agent_worker.egress.names import Names


async def test_a_redirect_is_followed_within_its_origin_with_all_headers() -> None:
    async with (
        OutsideServer(redirect("../b?c=d"), text("there")) as server,
        calling(LOCAL) as client,
    ):
        found = await fetched(client, server.url("/a/x"), headers=SECRETS)
    assert found.body == b"there"
    assert server.requests[1].target == "/b?c=d"
    assert SECRETS.items() <= server.requests[1].headers.items()


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://localhost/", "loopback"),
        ("http://127.0.0.9/", "loopback"),
        ("http://[::ffff:7f00:1]/", "loopback"),
        ("//169.254.169.254/latest/meta-data/", "link_local"),
        ("http://2130706433/", "host"),
        ("file:///etc/passwd", "scheme"),
        ("http://user:s3cret@one.example/", "user_info"),
        ("//user:s3cret@one.example/", "user_info"),
        ("http://one.example\\@localhost/", "url"),
        ("//one.example\\@localhost/", "user_info"),
        ("http://one.example:0/", "port"),
        ("http://[::1", "url"),
    ],
)
async def test_a_redirect_is_checked_like_a_first_call(location: str, reason: str) -> None:
    names = Names({"localhost": [LOCAL], "one.example": [LOCAL]})
    async with (
        OutsideServer(redirect(location), text("inside")) as server,
        calling(f"{LOCAL}:{server.port}", resolver=names) as client,
    ):
        with pytest.raises(EgressRefused) as refused:
            await fetched(client, server.url())
    assert refused.value.reason == reason
    assert "s3cret" not in str(refused.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_secret_goes_to_another_origin(status: int) -> None:
    async with (
        OutsideServer(text("there"), address=OTHER) as other,
        OutsideServer(redirect(other.url(), status)) as server,
        calling("127.0.0.0/8") as client,
    ):
        headers = {**SECRETS, "Accept": "text/plain", "Idempotency-Key": "k"}
        found = await fetched(client, server.url(), headers=headers)
    assert found.body == b"there"
    sent = other.requests[0].headers
    assert not SECRETS.keys() & sent.keys()
    assert (sent["accept"], sent["idempotency-key"]) == ("text/plain", "k")


async def test_another_port_is_another_origin_and_the_way_back_brings_nothing() -> None:
    async with OutsideServer(text("end")) as other, OutsideServer(b"", text("end")) as server:
        server.say(redirect(other.url("/back")), text("end"))
        other.say(redirect(server.url("/again")))
        async with calling(LOCAL) as client:
            await fetched(client, server.url(), headers=SECRETS)
    assert not SECRETS.keys() & other.requests[0].headers.keys()
    assert not SECRETS.keys() & server.requests[1].headers.keys()


@pytest.mark.parametrize(
    ("method", "status", "then", "has_body"),
    [
        ("POST", 301, "GET", False),
        ("POST", 302, "GET", False),
        ("POST", 303, "GET", False),
        ("PUT", 303, "GET", False),
        ("PUT", 302, "PUT", True),
        ("POST", 307, "POST", True),
        ("POST", 308, "POST", True),
        ("DELETE", 307, "DELETE", True),
    ],
)
async def test_a_redirect_changes_method_and_body_as_http_says(
    method: str, status: int, then: str, has_body: bool
) -> None:
    async with (
        OutsideServer(redirect("/b", status), text("end")) as server,
        calling(LOCAL) as client,
    ):
        headers = {"Content-Type": "application/json"}
        await fetched(client, server.url(), method, body=b"{}", headers=headers)
    request = server.requests[1]
    assert (request.method, request.body) == (then, b"{}" if has_body else b"")
    assert ("content-type" in request.headers) == has_body


@pytest.mark.parametrize(("method", "status"), [("POST", 307), ("POST", 308), ("PUT", 301)])
async def test_nothing_is_written_at_another_origin(method: str, status: int) -> None:
    async with (
        OutsideServer(text("there"), address=OTHER) as other,
        OutsideServer(redirect(other.url(), status)) as server,
        calling("127.0.0.0/8") as client,
    ):
        with pytest.raises(EgressRefused, match=f"redirect of {method} to stay") as refused:
            await fetched(client, server.url(), method, body=b"{}")
    assert refused.value.reason == "repeated_elsewhere"
    assert not other.requests


async def test_redirects_end_after_five() -> None:
    async with OutsideServer(redirect("/")) as server, calling(LOCAL) as client:
        with pytest.raises(TooManyRedirects, match="at most 5 redirects") as failed:
            await fetched(client, server.url())
    assert failed.value.code == "too_many_redirects"
    assert len(server.requests) == 6


async def test_a_redirect_without_a_place_is_an_answer() -> None:
    async with OutsideServer(answer(302, b"nowhere")) as server, calling(LOCAL) as client:
        assert (await fetched(client, server.url())).status == 302
