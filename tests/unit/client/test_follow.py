"""Following a run over a real connection that is cut wherever it can be cut."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace

import pytest
from penstock_client import ContractError, Penstock, RejectedError, UnauthorizedError
from penstock_client.errors import UnavailableError
from penstock_client.event import Event
from pydantic import JsonValue

from tests.unit.client.conftest import PATIENT, SHORT_OF_SILENCE
from tests.unit.client.scripted_penstock import (
    Reply,
    Request,
    ScriptedPenstock,
    answer,
    event_stream,
    frame,
    scripted_penstock,
)

PATH = "/api/v1/runs/r1/events"
RETRY = b"retry: 1\n\n"
END = b'id: 50\nevent: end\ndata: {"status": "completed"}\n\n'
STEP: dict[str, JsonValue] = {"run": "r1", "step": 0, "node": "poet", "attempt": 1}


def delta(number: int, offset: int, text: str) -> bytes:
    return frame(number, "step.delta", **STEP, execution=1, offset=offset, text=text)


FRAMES = {
    3: frame(3, "run.requested", run="r1"),
    5: frame(5, "step.ready", **STEP, kind="agent"),
    8: delta(8, 0, "Rivers "),
    9: delta(9, 7, "run 🦦"),
    20: frame(20, "step.completed", **STEP, output="Rivers run 🦦"),
    50: frame(50, "run.completed", run="r1", result=[]),
}
IDS = list(FRAMES)


def rest_after(request: Request) -> bytes:
    """The bytes a correct server sends to a reader at its position."""
    position = int(request.headers.get("last-event-id", request.query.get("after", "0")))
    following = b"".join(data for number, data in FRAMES.items() if number > position)
    return RETRY + following + END


def whole(request: Request) -> Reply:
    return event_stream([rest_after(request)])


async def ids(client: Penstock, run_or_url: str = "r1", after: int | None = None) -> list[int]:
    return [event.id async for event in client.follow(run_or_url, after=after)]


async def test_a_run_is_followed_from_its_beginning_to_its_end(
    stack: ScriptedPenstock, client: Penstock
) -> None:
    stack.on("GET", PATH, whole)
    events = [event async for event in client.follow("r1")]
    assert [event.id for event in events] == IDS
    assert events[2] == Event(
        8, "step.delta", {"type": "step.delta", **STEP, "execution": 1, "offset": 0,
                          "text": "Rivers "}
    )  # fmt: skip
    (request,) = stack.asked(PATH)
    assert request.headers["authorization"] == "Bearer token-of-a-test"
    assert "last-event-id" not in request.headers


@pytest.mark.parametrize("after", ["cut", "end", "silence"])
@pytest.mark.parametrize("index", range(len(FRAMES) + 2))
async def test_a_stream_cut_at_any_event_is_resumed_exactly(
    stack: ScriptedPenstock, index: int, after: str
) -> None:
    pieces = [RETRY, *FRAMES.values(), END][:index]

    def cut_once(request: Request) -> Reply:
        first = len(stack.asked(PATH)) == 1
        return event_stream(pieces, after) if first else whole(request)

    stack.on("GET", PATH, cut_once)
    patience = SHORT_OF_SILENCE if after == "silence" else PATIENT
    async with Penstock(stack.url, patience=patience) as client:
        assert await ids(client) == IDS
    assert len(stack.asked(PATH)) == 2


async def test_a_stream_cut_at_any_byte_is_resumed_exactly(
    stack: ScriptedPenstock, client: Penstock
) -> None:
    everything = RETRY + b"".join(FRAMES.values())
    for length in range(0, len(everything), 3):
        stack.requests.clear()

        def cut_once(request: Request, length: int = length) -> Reply:
            first = len(stack.asked(PATH)) == 1
            return event_stream([everything[:length]], "cut") if first else whole(request)

        stack.on("GET", PATH, cut_once)
        assert await ids(client) == IDS, f"cut after {length} bytes"


async def test_a_stream_cut_after_every_single_event_is_resumed_exactly(
    stack: ScriptedPenstock, client: Penstock
) -> None:
    def one_at_a_time(request: Request) -> Reply:
        position = int(request.headers.get("last-event-id", "0"))
        following = [data for number, data in FRAMES.items() if number > position]
        return event_stream(following[:1], "cut") if following else Reply(204)

    stack.on("GET", PATH, one_at_a_time)
    assert await ids(client) == IDS
    positions = [request.headers.get("last-event-id") for request in stack.asked(PATH)]
    assert positions == [None, *(str(number) for number in IDS)]


async def test_an_event_that_is_sent_again_is_not_yielded_again(
    stack: ScriptedPenstock, client: Penstock
) -> None:
    pieces = [FRAMES[3], FRAMES[5], FRAMES[3], FRAMES[5], FRAMES[8], END]
    stack.on("GET", PATH, event_stream(pieces))
    assert await ids(client) == [3, 5, 8]


async def test_a_reader_begins_after_the_event_it_names(
    stack: ScriptedPenstock, client: Penstock
) -> None:
    stack.on("GET", PATH, whole)
    assert await ids(client, after=8) == [9, 20, 50]


async def test_the_query_of_an_events_url_is_kept_and_types_are_added(
    stack: ScriptedPenstock, client: Penstock
) -> None:
    stack.on("GET", PATH, whole)
    url = f"{PATH}?ticket=t.1"
    assert [event.id async for event in client.follow(url, types=("run.completed",))] == IDS
    assert stack.requests[0].query == {"ticket": "t.1", "types": "run.completed"}


async def test_a_finished_run_that_was_read_ends_at_once(
    stack: ScriptedPenstock, client: Penstock
) -> None:
    stack.on("GET", PATH, Reply(204))
    assert await ids(client, after=50) == []


async def test_a_server_that_is_away_for_a_moment_is_waited_for(
    stack: ScriptedPenstock, client: Penstock
) -> None:
    replies = [answer({"code": "unavailable"}, status) for status in (503, 429, 502)]
    stack.on("GET", PATH, lambda request: replies.pop() if replies else whole(request))
    assert await ids(client) == IDS


async def test_a_refusal_is_raised_with_its_code(stack: ScriptedPenstock, client: Penstock) -> None:
    problem = {"code": "position_unknown", "detail": "the log ends at 50"}
    stack.on("GET", PATH, answer(problem, 400))
    with pytest.raises(RejectedError, match="the log ends at 50") as refused:
        await ids(client, after=99)
    assert (refused.value.code, refused.value.status) == ("position_unknown", 400)


async def test_a_refusal_in_the_middle_of_a_run_is_raised_too(
    stack: ScriptedPenstock, client: Penstock
) -> None:
    replies = [event_stream([FRAMES[3]], "cut"), answer({"code": "unauthorized"}, 401)]
    stack.on("GET", PATH, lambda _: replies.pop(0))
    with pytest.raises(UnauthorizedError):
        await ids(client)


async def test_a_server_that_stays_away_is_given_up() -> None:
    async with scripted_penstock() as gone:
        url = gone.url
    async with Penstock(url, patience=replace(PATIENT, absence_seconds=0.5)) as client:
        with pytest.raises(UnavailableError, match="no answer from"):
            await ids(client)


@pytest.mark.parametrize(
    "reply",
    [
        answer({"status": "completed"}),
        event_stream([b"data: {}\n\n"]),
        event_stream([b"id: 1\ndata: {\n\n"]),
        event_stream([b"id: 1\ndata: []\n\n"]),
    ],
)
async def test_what_the_api_does_not_promise_is_said(
    stack: ScriptedPenstock, client: Penstock, reply: Reply
) -> None:
    stack.on("GET", PATH, reply)
    with pytest.raises(ContractError, match=r"expected|no JSON object"):
        await ids(client)


async def test_the_token_is_not_sent_to_another_host(
    stack: ScriptedPenstock, client: Penstock
) -> None:
    async with scripted_penstock() as other:
        other.on("GET", PATH, whole)
        assert await ids(client, f"{other.url}{PATH}?ticket=t") == IDS
        assert "authorization" not in other.requests[0].headers
    assert not stack.requests


async def test_a_reader_may_leave_early(stack: ScriptedPenstock, client: Penstock) -> None:
    stack.on("GET", PATH, event_stream([FRAMES[3], FRAMES[5]], "silence"))
    async with aclosing(client.follow("r1")) as events:
        assert (await anext(events)).id == 3


async def test_a_watched_run_whose_text_has_a_gap_is_read_again(
    stack: ScriptedPenstock, client: Penstock
) -> None:
    gap = [FRAMES[3], FRAMES[5], FRAMES[9]]
    replies = [event_stream(gap, "silence")]
    stack.on("GET", PATH, lambda request: replies.pop() if replies else whole(request))
    seen = [(event.id, view) async for event, view in client.runs.watch("r1")]
    assert [number for number, _ in seen] == [3, 5, *IDS]
    assert seen[-1][1].status == "completed"
    assert seen[-1][1].steps[0].text == "Rivers run 🦦"


async def test_a_run_whose_text_always_has_a_gap_is_given_up(
    stack: ScriptedPenstock, client: Penstock
) -> None:
    stack.on("GET", PATH, event_stream([FRAMES[5], FRAMES[9], END]))
    with pytest.raises(ContractError, match="text was missing"):
        _ = [event async for event, _ in client.runs.watch("r1")]


async def test_a_feed_goes_on_after_every_cut_and_has_no_end() -> None:
    def one_more(request: Request) -> Reply:
        number = int(request.headers.get("last-event-id", "7")) + 1
        return event_stream([RETRY + frame(number, "run.started", run=f"r{number}")], "cut")

    async with scripted_penstock() as stack, Penstock(stack.url, patience=PATIENT) as client:
        stack.on("GET", "/api/v1/events", one_more)
        async with aclosing(client.feed(types=("run.started",))) as feed:
            told = [(await anext(feed)).id for _ in range(4)]
        assert told == [8, 9, 10, 11]
        assert {each.query["types"] for each in stack.asked("/api/v1/events")} == {"run.started"}


async def test_a_feed_that_is_cut_before_its_first_event_goes_on_from_where_it_began() -> None:
    def quiet_at_first(request: Request) -> Reply:
        if "last-event-id" not in request.headers:
            return event_stream([RETRY + b"id: 41\n\n"], "cut")
        return event_stream([RETRY + frame(42, "run.started", run="r")], "cut")

    async with scripted_penstock() as stack, Penstock(stack.url, patience=PATIENT) as client:
        stack.on("GET", "/api/v1/events", quiet_at_first)
        async with aclosing(client.feed()) as feed:
            assert (await anext(feed)).id == 42
        first, second, *_ = stack.asked("/api/v1/events")
    assert "last-event-id" not in first.headers
    assert second.headers["last-event-id"] == "41"
