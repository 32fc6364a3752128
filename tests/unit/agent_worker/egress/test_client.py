"""Calls over real sockets: who is connected to, which headers, through which proxy."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.agent_worker.egress import (
    EgressError,
    EgressFailed,
    EgressRefused,
)
from tests.outside import OutsideServer, answer, text
from tests.unit.agent_worker.egress.calling import LOCAL, OTHER, calling, fetched
from tests.unit.agent_worker.egress.names import Names


async def test_an_answer_comes_back_with_status_headers_and_body() -> None:
    async with (
        OutsideServer(answer(404, b"no", {"X-Is": "it"})) as server,
        calling(LOCAL) as client,
    ):
        found = await fetched(client, server.url("/a?b=c"), headers={"X-Mine": "1"})
    assert (found.status, found.body, found.cut, found.headers["x-is"]) == (404, b"no", False, "it")
    [request] = server.requests
    assert (request.method, request.target) == ("GET", "/a?b=c")
    assert (request.headers["x-mine"], request.headers["user-agent"]) == ("1", "penstock")


async def test_the_name_is_the_host_and_the_address_is_connected_to() -> None:
    async with OutsideServer(text("hello")) as server, calling("one.example") as client:
        found = await fetched(client, server.url(host="one.example"))
    assert found.body == b"hello"
    assert server.requests[0].headers["host"] == f"one.example:{server.port}"


async def test_a_name_that_moves_between_two_look_ups_is_looked_up_once() -> None:
    class Moving:
        asked = 0

        async def __call__(self, host: str, port: int) -> Sequence[str]:
            self.asked += 1
            return [LOCAL if self.asked == 1 else OTHER]

    names = Moving()
    async with OutsideServer(text("first")) as first, calling(LOCAL, resolver=names) as client:
        found = await fetched(client, first.url(host="moving.example"))
        assert (found.body, names.asked) == (b"first", 1)
        with pytest.raises(EgressRefused):  # another call looks again, and is judged again
            await fetched(client, first.url(host="moving.example"))
    assert len(first.requests) == 1


async def test_the_next_address_is_tried_where_the_first_does_not_answer() -> None:
    names = Names({"both.example": [OTHER, LOCAL]})
    async with (
        OutsideServer(text("here")) as server,
        calling("both.example", resolver=names) as client,
    ):
        found = await fetched(client, server.url(host="both.example"), "POST", body=b"once")
    assert found.body == b"here"
    assert [request.body for request in server.requests] == [b"once"]


async def test_no_connection_is_an_error_with_a_code() -> None:
    async with OutsideServer(b"") as server:
        url = server.url("/path?key=s3cret")
    async with calling(LOCAL) as client:
        with pytest.raises(EgressFailed, match=f"none to http://{LOCAL}:{server.port}$") as failed:
            await fetched(client, url)
    assert (failed.value.code, failed.value.retry) == ("egress_failed", True)


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1", b"SSH-2.0-OpenSSH s3cret\r\n\r\n", b"HTTP/1.1 200 Ok\r\ns3cret\r\n\r\n"],
)
async def test_what_is_no_http_is_an_error_that_tells_nothing_of_it(said: bytes) -> None:
    async with OutsideServer(said) as server, calling(LOCAL) as client:
        with pytest.raises(EgressFailed) as failed:
            await fetched(client, server.url())
    assert "s3cret" not in str(failed.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Host", "localhost"),
        ("Content-Length", "5"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "upgrade"),
        ("X-A", "s3cret\r\nX-B: 1"),
        ("X-A", "s3cret\n"),
        ("X-A", "s3crét"),
        ("X A", "s3cret"),
        ("", "s3cret"),
    ],
)
async def test_a_header_that_would_be_another_message_is_refused(name: str, value: str) -> None:
    async with OutsideServer(text("no")) as server, calling(LOCAL) as client:
        with pytest.raises(EgressRefused) as refused:
            await fetched(client, server.url(), headers={name: value})
    assert refused.value.reason == "header"
    assert "s3cr" not in str(refused.value)
    assert not server.requests


async def test_a_cookie_that_came_is_not_sent() -> None:
    said = answer(302, headers={"set-cookie": "a=b", "location": "/"})
    async with OutsideServer(said, text("end")) as server, calling(LOCAL) as client:
        await fetched(client, server.url())
        await fetched(client, server.url())
    assert all("cookie" not in request.headers for request in server.requests)


async def test_a_proxy_of_the_environment_counts_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with OutsideServer(text("proxied")) as proxy, OutsideServer(text("direct")) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        async with calling(LOCAL) as client:
            assert (await fetched(client, server.url())).body == b"direct"
    assert not proxy.requests


async def test_an_explicit_proxy_decides_and_is_given_the_name() -> None:
    names = Names({})
    async with OutsideServer(text("proxied")) as proxy:
        url = f"http://me:pa55word@{LOCAL}:{proxy.port}"
        async with calling(proxy=url, resolver=names) as client:
            found = await fetched(client, "http://inside.example/a?b", headers={"X-A": "1"})
    assert found.body == b"proxied"
    assert proxy.requests[0].target == "http://inside.example/a?b"
    assert proxy.requests[0].headers["proxy-authorization"].startswith("Basic ")
    assert not names.asked


async def test_a_proxy_tunnels_what_is_encrypted_and_its_refusal_is_told() -> None:
    async with (
        OutsideServer(answer(403)) as proxy,
        calling(proxy=f"http://me:pa55word@{LOCAL}:{proxy.port}") as client,
    ):
        with pytest.raises(EgressFailed, match="expected the egress proxy to connect") as failed:
            await fetched(client, "https://inside.example/a")
        with pytest.raises(EgressRefused):  # a URL is still read in one way only
            await fetched(client, "https://user@inside.example/")
    assert (proxy.requests[0].method, proxy.requests[0].target) == ("CONNECT", "inside.example:443")
    assert "pa55word" not in str(failed.value)


def test_every_error_has_a_code_of_its_own() -> None:
    kinds: list[type[EgressError]] = [EgressError, *EgressError.__subclasses__()]
    assert len({kind.code for kind in kinds}) == len(kinds) == 6
