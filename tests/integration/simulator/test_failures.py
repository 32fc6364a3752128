"""Every way a model call goes wrong, as the real SDK meets it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anthropic
import httpx2
import pytest
from anthropic import AsyncStream
from anthropic.types import RawMessageStreamEvent

from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.simulator.talk import MODEL, Logged, Talk, deltas, text_of

SILENCE_SECONDS = 0.4  # shorter than the stalls below
BROKEN = (httpx2.ReadError, httpx2.RemoteProtocolError)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, anthropic.BadRequestError, "invalid_request_error"),
        (401, anthropic.AuthenticationError, "authentication_error"),
        (402, anthropic.APIStatusError, "billing_error"),
        (403, anthropic.PermissionDeniedError, "permission_error"),
        (404, anthropic.NotFoundError, "not_found_error"),
        (408, anthropic.APIStatusError, "timeout_error"),
        (409, anthropic.ConflictError, "conflict_error"),
        (413, anthropic.APIStatusError, "request_too_large"),
        (429, anthropic.RateLimitError, "rate_limit_error"),
        (500, anthropic.InternalServerError, "api_error"),
        (504, anthropic.APIStatusError, "timeout_error"),
        (529, anthropic.APIStatusError, "overloaded_error"),
    ],
)
async def test_a_status_is_an_error_before_the_stream(
    talk: Talk, status: int, error: type[anthropic.APIStatusError], kind: str
) -> None:
    for call in (talk.events, talk.whole):
        with pytest.raises(error) as raised:
            await call(f"[[sim: status={status}]]")
        assert (raised.value.status_code, raised.value.type) == (status, kind)
        assert raised.value.request_id == (await talk.last()).request_id
    assert [e.outcome for e in await talk.log()] == ["error", "error"]


async def test_a_status_carries_the_headers_and_details_asked_for(talk: Talk) -> None:
    marker = (
        "[[sim: status=429 retry_after=7 retry_after_ms=6500 should_retry=false "
        'code=enforced_spend_limit_reached message="You are out of money"]]'
    )
    with pytest.raises(anthropic.RateLimitError) as raised:
        await talk.events(marker)
    headers = raised.value.response.headers
    assert (headers["retry-after"], headers["retry-after-ms"]) == ("7", "6500")
    assert headers["x-should-retry"] == "false"
    assert raised.value.error_code == "enforced_spend_limit_reached"
    assert raised.value.api_message == "You are out of money"


async def test_the_sdk_itself_gets_over_two_overloads(talk: Talk) -> None:
    retrying = talk.sdk.with_options(max_retries=2)
    message = await retrying.messages.create(
        model=MODEL,
        max_tokens=100,
        system="[[sim: status=529 retry_after_ms=1 times=2]] [[sim: text=ok rate=0]]",
        messages=[{"role": "user", "content": "hi"}],
    )
    assert text_of(message) == "ok"
    assert [entry.status for entry in await talk.log()] == [529, 529, 200]


@asynccontextmanager
async def opened(
    talk: Talk, system: str, silence_seconds: float = PATIENCE_SECONDS
) -> AsyncIterator[AsyncStream[RawMessageStreamEvent]]:
    stream = await talk.sdk.messages.create(
        model=MODEL,
        max_tokens=1000,
        system=f"{system} [[sim: rate=0]]",
        messages=[{"role": "user", "content": "hi"}],
        stream=True,
        timeout=httpx2.Timeout(PATIENCE_SECONDS, read=silence_seconds),
    )
    async with stream:
        yield stream


@dataclass
class Reading:
    """How many text deltas of a stream were read so far."""

    count: int = 0

    async def read(self, talk: Talk, system: str, silence_seconds: float) -> None:
        async with opened(talk, system, silence_seconds) as stream:
            async for event in stream:
                self.count += len(deltas([event]))


async def read_until_broken(
    talk: Talk, system: str, error: type[Exception] | tuple[type[Exception], ...]
) -> tuple[int, Exception]:
    """How many text deltas came before the error, and the error."""
    reading = Reading()
    silence_seconds = SILENCE_SECONDS if error is httpx2.ReadTimeout else PATIENCE_SECONDS
    with pytest.raises(error) as raised:
        await reading.read(talk, system, silence_seconds)
    return reading.count, raised.value


async def ended(talk: Talk) -> Logged:
    async def probe() -> Logged | None:
        entry = await talk.last()
        return entry if entry.outcome != "open" else None

    return await eventually(probe)


@pytest.mark.parametrize("kind", ["overloaded_error", "api_error", "rate_limit_error"])
async def test_an_error_inside_the_stream_keeps_status_200(talk: Talk, kind: str) -> None:
    marker = f"[[sim: chunks=20]] [[sim: error={kind} after=5]]"
    count, error = await read_until_broken(talk, marker, anthropic.APIStatusError)
    assert isinstance(error, anthropic.APIStatusError)
    assert (count, error.status_code, error.type) == (5, 200, kind)
    entry = await ended(talk)
    assert (entry.outcome, entry.failure, entry.chunks_sent) == ("error", "error", 5)


async def test_an_error_without_a_stream_has_its_status(talk: Talk) -> None:
    with pytest.raises(anthropic.APIStatusError) as raised:
        await talk.whole("[[sim: error]]")
    assert (raised.value.status_code, raised.value.type) == (529, "overloaded_error")


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_a_cut_breaks_the_connection_inside_the_stream(talk: Talk, how: str) -> None:
    count, _ = await read_until_broken(talk, f"[[sim: cut={how} after=4]]", BROKEN)
    assert count == 4
    entry = await ended(talk)
    assert (entry.outcome, entry.failure, entry.chunks_sent) == ("error", "cut", 4)


async def test_a_cut_may_come_before_the_answer(talk: Talk) -> None:
    for call in (talk.events, talk.whole):
        with pytest.raises(anthropic.APIConnectionError):
            await call("[[sim: cut=before]]")
    assert (await ended(talk)).status is None


async def test_a_cut_without_a_stream_leaves_half_a_message(talk: Talk) -> None:
    with pytest.raises((*BROKEN, anthropic.APIConnectionError)):
        await talk.whole("[[sim: cut]]")


async def test_a_failure_may_come_a_limited_number_of_times(talk: Talk) -> None:
    marker = "[[sim: cut after=2 times=1]] [[sim: text=ok]]"
    await read_until_broken(talk, marker, BROKEN)
    assert deltas(await talk.events(marker)) == ["ok"]


@pytest.mark.parametrize("ping", ["", "ping=50ms"])
async def test_a_stall_is_silence_and_pings_hide_it_from_the_read_timeout(
    talk: Talk, ping: str
) -> None:
    marker = f'[[sim: stall=600ms after=1 {ping}]] [[sim: text="one two"]]'
    if ping:
        assert deltas(await talk.events(marker)) == ["one ", "two"]
        assert (await ended(talk)).outcome == "completed"
    else:
        count, _ = await read_until_broken(talk, marker, httpx2.ReadTimeout)
        assert count == 1
        assert (await ended(talk)).outcome == "client_gone"


async def test_a_bare_stall_lasts_until_the_client_goes(talk: Talk) -> None:
    count, _ = await read_until_broken(talk, "[[sim: stall]]", httpx2.ReadTimeout)
    assert count == 3
    assert (await ended(talk)).outcome == "client_gone"


@pytest.mark.parametrize(
    ("marker", "last", "reason"),
    [
        ("end", "content_block_delta", None),
        ("end=no_delta", "content_block_stop", None),
        ("end=no_stop", "message_delta", "end_turn"),
    ],
)
async def test_a_stream_may_end_cleanly_but_too_early(
    talk: Talk, marker: str, last: str, reason: str | None
) -> None:
    events = await talk.events(f'[[sim: {marker} after=1]] [[sim: text="one two"]]')
    assert events[-1].type == last
    reasons = [event.delta.stop_reason for event in events if event.type == "message_delta"]
    assert reasons == ([reason] if reason else [])
    assert (await ended(talk)).outcome == "error"


async def test_broken_json_is_a_decode_error(talk: Talk) -> None:
    count, _ = await read_until_broken(talk, "[[sim: broken_json after=2]]", json.JSONDecodeError)
    assert count == 2
    with pytest.raises(json.JSONDecodeError):
        (await talk.post(talk.body("[[sim: broken_json]]", stream=False))).json()


async def test_json_instead_of_a_stream_is_a_200(talk: Talk) -> None:
    answer = await talk.post(talk.body("[[sim: json_200 text=x]]"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json()["content"] == [{"type": "text", "text": "x"}]
    assert await talk.events("[[sim: json_200]]") == []
    with pytest.raises(AssertionError):
        await talk.message("[[sim: json_200]]")


async def test_silence_before_the_answer_lasts_until_the_client_goes(talk: Talk) -> None:
    with pytest.raises(anthropic.APITimeoutError):
        async with opened(talk, "[[sim: silent]]", SILENCE_SECONDS):
            raise AssertionError("it answered")
    entry = await ended(talk)
    assert (entry.outcome, entry.status, entry.bytes_sent) == ("client_gone", None, 0)
