"""The request log, the metrics, and how fast a hang-up is noticed."""

import asyncio

import pytest
from anthropic import AsyncAnthropic

from simulator.http.journal import Entry, Journal, fingerprint
from simulator.markers.attempts import Attempts
from simulator.markers.marker import taken_apart
from tests.cost import Stopwatch, elapsed_cost
from tests.eventually import eventually
from tests.integration.simulator.talk import MODEL, Logged, Talk


async def gone(talk: Talk) -> Logged | None:
    entry = await talk.last()
    return entry if entry.outcome == "client_gone" else None


@pytest.mark.parametrize(
    "script", ["forever rate=0", "forever rate=5/s", "stall", "stall ping=1s", "words=99 rate=1/s"]
)
async def test_a_hang_up_is_noticed_about_as_fast_as_a_call_is_answered(
    talk: Talk, script: str
) -> None:
    answering = await elapsed_cost(lambda: talk.events("[[sim: text=x rate=0]]"))
    assert min([await noticing(talk, script) for _ in range(5)]) < 10 * answering


async def noticing(talk: Talk, script: str) -> float:
    """The time from closing a stream at its first chunk to the simulator knowing."""
    await talk.http.delete("/_simulator/requests")
    stream = await talk.sdk.messages.create(
        model=MODEL,
        max_tokens=100,
        system=f"[[sim: {script}]]",
        messages=[{"role": "user", "content": "hi"}],
        stream=True,
    )
    async for event in stream:
        if event.type == "content_block_delta":
            break
    closing = Stopwatch()
    await stream.close()
    entry = await eventually(lambda: gone(talk))
    assert entry.client_gone_monotonic is not None
    assert entry.chunks_sent >= 1
    return closing.until(entry.client_gone_monotonic)


async def test_a_hang_up_before_the_answer_is_noticed_too(talk: Talk) -> None:
    for marker in ("silent", "delay=60s"):
        call = asyncio.create_task(talk.post(talk.body(f"[[sim: {marker}]]")))
        await eventually(lambda: open_calls(talk))
        call.cancel()
        await asyncio.wait({call})
        assert (await eventually(lambda: gone(talk))).status is None


async def open_calls(talk: Talk) -> list[Logged]:
    return [entry for entry in await talk.log() if entry.outcome == "open"]


async def test_every_call_is_recorded_with_what_it_asked(talk: Talk) -> None:
    await talk.message("You help. [[sim: text=abc]]", "über 🚀 4711")
    entry = await talk.last()
    assert entry.model == MODEL
    assert entry.system is not None
    assert entry.system.startswith("You help.")
    assert entry.messages == [{"role": "user", "content": "über 🚀 4711"}]
    assert (entry.status, entry.outcome, entry.chunks_sent) == (200, "completed", 1)
    assert entry.bytes_sent > 300
    assert entry.client_gone_monotonic is None


async def test_the_key_is_known_by_its_fingerprint_only(talk: Talk) -> None:
    secret = "sk-ant-very-secret"
    async with AsyncAnthropic(base_url=talk.url, api_key=secret, max_retries=0) as sdk:
        await sdk.messages.create(
            model=MODEL, max_tokens=9, messages=[{"role": "user", "content": "[[sim: rate=0]] x"}]
        )
    raw = (await talk.http.get("/_simulator/requests")).text
    assert secret not in raw
    assert (await talk.last()).key_fingerprint == fingerprint(secret)


async def test_the_log_is_filtered_and_forgotten(talk: Talk) -> None:
    for word in ("alpha", "bêta", 'the "quoted"'):
        await talk.message("[[sim: text=x]]", word)
    assert [entry.id for entry in await talk.log()] == [1, 2, 3]
    assert [entry.id for entry in await talk.log(after=1)] == [2, 3]
    assert [entry.id for entry in await talk.log(after=1, limit=1)] == [2]
    assert [entry.id for entry in await talk.log(contains="bêta")] == [2]
    assert [entry.id for entry in await talk.log(contains='"quoted"')] == [3]
    assert (await talk.http.delete("/_simulator/requests")).json() == {"deleted": 3}
    assert await talk.log() == []
    await talk.message("[[sim: text=x]]")
    assert (await talk.last()).id == 4


async def test_forgetting_the_log_starts_times_again(talk: Talk) -> None:
    marker = "[[sim: status=529 times=1]] [[sim: text=x]]"
    statuses = [(await talk.post(talk.body(marker))).status_code for _ in range(2)]
    await talk.http.delete("/_simulator/requests")
    assert [*statuses, (await talk.post(talk.body(marker))).status_code] == [529, 200, 529]


async def test_health_and_metrics_are_answered(talk: Talk) -> None:
    assert (await talk.http.get("/health")).status_code == 200
    assert (await talk.http.get("/health/ready")).json() == {"status": "ready", "simulated": True}
    await talk.message("[[sim: chunks=12]]")
    await talk.post({})
    text = (await talk.http.get("/metrics")).text
    assert 'penstock_simulator_requests_total{outcome="completed"} 1.0' in text
    assert 'penstock_simulator_requests_total{outcome="error"} 1.0' in text
    assert "penstock_simulator_chunks_total 12.0" in text
    assert "penstock_simulator_open_requests 0.0" in text


def test_the_log_keeps_the_newest_calls_within_its_bounds() -> None:
    journal = Journal(entries=3, body_bytes=100)
    for at in range(5):
        journal.asked(journal.open(f"req_{at}", "key"), b'"%d"' % at)
    assert [entry.id for entry in journal.entries()] == [3, 4, 5]
    journal.asked(journal.open("req_big", None), b'"' + b"x" * 99)
    assert [entry.id for entry in journal.entries()] == [6]


def test_a_call_ends_once() -> None:
    entry = Entry(1, "req_1", None)
    entry.end("error")
    entry.end("client_gone")
    assert entry.outcome == "error"


def test_counts_of_calls_are_bounded() -> None:
    attempts = Attempts(keys=2)
    markers = taken_apart("[[sim: text=a times=1]]").markers
    assert [len(attempts.in_force(markers, key)) for key in "ababcb"] == [1, 1, 0, 0, 1, 0]
    assert len(attempts.in_force(markers, "a")) == 1
