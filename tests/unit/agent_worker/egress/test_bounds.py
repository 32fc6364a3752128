"""How much of an answer is read, and for how long."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from services.agent_worker.egress import (
    EgressFailed,
    EgressTimeout,
)
from tests.eventually import eventually
from tests.outside import OutsideServer, Received, Respond, answer, redirect, text
from tests.unit.agent_worker.egress.calling import LOCAL, calling, fetched


async def endless(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 Ok\r\n\r\n")
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def silent(request: Received, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def stalling(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 Ok\r\ncontent-length: 100\r\n\r\nbeginning")
    await writer.drain()
    await asyncio.Event().wait()


async def test_a_long_answer_is_cut_and_the_rest_is_not_fetched() -> None:
    sent = 0

    async def long(request: Received, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 Ok\r\ncontent-length: 52428800\r\n\r\n")
        for _ in range(800):
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    async with OutsideServer(long) as server, calling(LOCAL) as client:
        found = await fetched(client, server.url(), largest_bytes=1000)
        assert (len(found.body), found.cut) == (1000, True)
    assert sent < 50 << 20


async def test_an_answer_without_end_is_cut() -> None:
    async with OutsideServer(endless) as server, calling(LOCAL) as client:
        found = await fetched(client, server.url(), largest_bytes=200_000)
    assert (len(found.body), found.cut) == (200_000, True)


async def test_an_answer_of_just_the_largest_size_is_whole() -> None:
    async with OutsideServer(text("x" * 1000)) as server, calling(LOCAL) as client:
        found = await fetched(client, server.url(), largest_bytes=1000)
    assert (len(found.body), found.cut) == (1000, False)


@pytest.mark.parametrize("times", [1, 2])
async def test_a_bomb_is_cut_as_it_unfolds(times: int) -> None:
    bomb = b"\0" * (100 << 20)
    for _ in range(times):
        bomb = gzip.compress(bomb)
    headers = {"content-encoding": ", ".join(["gzip"] * times)}
    async with (
        OutsideServer(answer(body=bomb, headers=headers)) as server,
        calling(LOCAL) as client,
    ):
        found = await fetched(client, server.url(), largest_bytes=1000)
    assert (found.body, found.cut) == (b"\0" * 1000, True)


async def test_what_is_not_compressed_as_it_says_is_an_error() -> None:
    said = answer(body=b"plain", headers={"content-encoding": "gzip"})
    async with OutsideServer(said) as server, calling(LOCAL) as client:
        with pytest.raises(EgressFailed, match="Content-Encoding"):
            await fetched(client, server.url())


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, br", "rot13"])
async def test_a_coding_that_was_not_asked_for_is_an_error(coding: str) -> None:
    said = answer(body=b"plain", headers={"content-encoding": coding})
    async with OutsideServer(said) as server, calling(LOCAL) as client:
        with pytest.raises(EgressFailed, match="Content-Encoding"):
            await fetched(client, server.url())


async def test_what_a_redirect_says_besides_is_not_waited_for() -> None:
    async def leading_on(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(redirect("/there").replace(b"content-length: 0", b"content-length: 9"))
        await writer.drain()
        await asyncio.Event().wait()

    async with OutsideServer(leading_on, text("there")) as server, calling(LOCAL) as client:
        assert (await fetched(client, server.url())).body == b"there"


@pytest.mark.parametrize("slow", [silent, stalling])
async def test_an_answer_that_does_not_come_in_time_is_left(slow: Respond) -> None:
    async with OutsideServer(slow) as server, calling(LOCAL) as client:
        with pytest.raises(
            EgressTimeout, match=f"of http://{LOCAL}:{server.port} within"
        ) as failed:
            await fetched(client, server.url("/?k=s3cret"), timeout_seconds=0.2)
    assert (failed.value.code, failed.value.retry) == ("egress_timeout", True)
    assert "s3cret" not in str(failed.value)


async def test_a_call_that_is_cancelled_ends() -> None:
    async with OutsideServer(silent) as server, calling(LOCAL) as client:
        call = asyncio.create_task(fetched(client, server.url()))
        await eventually(lambda: server.requests)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
