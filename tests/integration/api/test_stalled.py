"""Readers that do not read: how much is held for one, when it is cut off, and that it goes on."""

import asyncio
from dataclasses import replace

import pytest
from penstock_client.sse import Frame, Parser

from bench.connection import Api
from services.api.live.tape import CHUNK_BYTES, MOST_BYTES
from services.api.server.limits import LIMITS
from shared.log import Log
from tests.acceptance.stalled import Stalled
from tests.eventually import eventually
from tests.integration.api.conftest import started
from tests.integration.api.story import TOKEN, Service, Story
from tests.integration.api.test_events import read
from tests.metered import metric
from tests.simulation.virtual import passes

PIECE = 30_000
# asyncio lets a server write on below 64 KiB; then come a chunk and what overshoots it.
MOST_IN_API = (1 << 16) + CHUNK_BYTES + 2 * PIECE
CUT = "penstock_event_readers_cut_total"


@pytest.fixture(autouse=True)
def _quick_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.api.live.hub.PULSE_SECONDS", 0.02)


async def stalled(service: Service, log: Log) -> tuple[str, Story, Stalled]:
    """A run whose first step has begun, and a reader of it that reads nothing."""
    run = await service.run()
    story = Story(log, run)
    await story.begin()
    await story.start(0, "draft")
    reader = await Stalled.connected(Api(service.url, TOKEN), f"/api/v1/runs/{run}/events")
    await eventually(lambda: metric("penstock_event_readers") == 1)
    return run, story, reader


async def rest_of(reader: Stalled) -> list[Frame]:
    """What had been sent before it was cut off."""
    received = b""  # with sizes of chunks between the frames, which are no fields of an event
    while piece := await reader.read(1 << 16):
        received += piece
    reader.close()
    return Parser().feed(received.partition(b"\r\n\r\n")[2])


async def speak(story: Story, pieces: range) -> None:
    for piece in pieces:
        await story.say(0, "draft", piece * PIECE, "x" * PIECE)


async def test_what_is_held_for_a_reader_that_does_not_read_is_bounded_until_it_is_cut_off(
    service: Service, log: Log
) -> None:
    cut_before = metric(CUT)
    run, story, reader = await stalled(service, log)
    in_api, in_kernel = [0.0], [0]

    def is_cut() -> bool:
        in_api.append(metric("penstock_event_readers_unsent_bytes_most"))
        in_kernel.append(reader.in_kernel())
        return metric(CUT) > cut_before

    looking = asyncio.create_task(eventually(is_cut, every=0.005))
    await speak(story, range(150))
    await looking
    assert 0 < max(in_api) <= MOST_IN_API
    # The kernel looks at its limit before it takes more, and takes up to 64 KiB at once.
    assert 0 < max(in_kernel) <= LIMITS.unsent_bytes + (1 << 16)
    assert MOST_IN_API + 2 * LIMITS.send_buffer_bytes <= MOST_BYTES, (
        "also if the network swallows it"
    )
    await story.complete(0, "draft", "done")
    await story.end("done")
    before = await rest_of(reader)
    after = await read(service, run, **{"Last-Event-ID": before[-1].id})
    assert [*before, *after] == await read(service, run, "?after=0")


async def test_who_takes_nothing_for_its_time_is_cut_off_though_the_run_falls_silent(
    service: Service, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.api.live.reader.STALL_SECONDS", 0.5)
    cut_before = metric(CUT)
    run, story, reader = await stalled(service, log)
    await speak(story, range(20))
    await eventually(lambda: metric(CUT) > cut_before)
    before = await rest_of(reader)
    await story.end("")
    after = await read(service, run, **{"Last-Event-ID": before[-1].id})
    assert [*before, *after] == await read(service, run, "?after=0")


async def test_a_slow_reader_that_goes_on_reading_is_not_cut_off(
    service: Service, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.api.live.reader.STALL_SECONDS", stall := 1.0)
    cut_before = metric(CUT)
    _, story, reader = await stalled(service, log)
    await speak(story, range(20))
    await story.end("")
    received, pauses = b"", 0
    while b"event: end" not in received and (piece := await reader.read(10_000)):
        received += piece
        await passes(pause := 0.02)
        pauses += 1
    reader.close()
    assert pauses * pause > stall
    assert b"event: end" in received
    assert metric(CUT) == cut_before


async def test_what_the_kernel_alone_holds_for_a_client_that_is_gone_is_given_up(
    service: Service, log: Log, nats_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = replace(LIMITS, takes_nothing_seconds=1)
    monkeypatch.setattr("services.api.server.server.LIMITS", quick)
    cut_before = metric(CUT)
    async with started(nats_url, database_url) as other:
        _, story, reader = await stalled(other, log)
        await speak(story, range(3))
        await eventually(lambda: reader.in_kernel() > 0)
        await eventually(lambda: metric("penstock_event_readers") == 0)
    assert metric(CUT) == cut_before
    reader.close()
