"""The stream of an ordinary answer: its bytes, its time, and what the real SDK makes of it."""

import asyncio
import json

import httpx2
from anthropic.types import Message

from tests.cost import Stopwatch, elapsed_cost
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.simulator.talk import HEADERS, Talk, deltas, text_of

RESEARCHER = "You are a researcher: find the facts."
WRITER = "You are a writer. Write a short piece."
EDITOR = "You edit what others wrote."


def message_start(identity: str) -> dict[str, object]:
    return {
        "type": "message_start",
        "message": {
            "id": identity,
            "type": "message",
            "role": "assistant",
            "model": "claude-haiku-5-5",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "stop_details": None,
            "usage": {
                "input_tokens": 7,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 0,
                    "ephemeral_1h_input_tokens": 0,
                },
                "output_tokens": 1,
                "service_tier": "standard",
            },
        },
    }


async def test_the_bytes_of_a_stream_are_those_of_the_protocol(talk: Talk) -> None:
    body = talk.body('[[sim: text="Hello wide world" input_tokens=7 output_tokens=3]]')
    answer = await talk.post(body)
    identity = answer.headers["request-id"]
    start = message_start(f"msg_{identity[4:]}")
    frames = [
        f"event: message_start\ndata: {json.dumps(start, separators=(',', ':'))}",
        'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
        '"content_block":{"type":"text","text":""}}',
        'event: ping\ndata: {"type": "ping"}',
        *(
            'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
            f'"delta":{{"type":"text_delta","text":"{word}"}}}}'
            for word in ("Hello ", "wide ", "world")
        ),
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}',
        'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn",'
        '"stop_sequence":null,"stop_details":null},"usage":{"input_tokens":7,'
        '"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":3,'
        '"output_tokens_details":{"thinking_tokens":0}}}',
        'event: message_stop\ndata: {"type":"message_stop"}',
    ]
    assert answer.content.decode() == "".join(f"{frame}\n\n" for frame in frames)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"


async def test_three_agents_speak_in_three_manners_and_pass_the_subject_on(talk: Talk) -> None:
    said, given = [], "Why do rivers meander, case 4711?"
    for instructions in (RESEARCHER, WRITER, EDITOR):
        given = text_of(await talk.message(instructions, given))
        said.append(given)
    assert [text.split()[0] for text in said] == ["Research", "#", "Edited:"]
    assert all("Why do rivers meander, case 4711?" in text for text in said)
    assert all(40 < len(text.split()) < 150 for text in said)


async def test_the_same_request_gets_the_same_words_streamed_or_not(talk: Talk) -> None:
    streamed, again = await talk.message(RESEARCHER), await talk.message(RESEARCHER)
    whole = await talk.whole(RESEARCHER)
    assert streamed.content == again.content
    assert text_of(whole) == text_of(streamed)
    assert whole.stop_reason == streamed.stop_reason == "end_turn"
    assert whole.usage.output_tokens == streamed.usage.output_tokens
    assert text_of(await talk.message(RESEARCHER, "something else")) != text_of(streamed)


async def test_part_of_every_kind_of_input_shows_in_the_answer(talk: Talk) -> None:
    joined = "First finding about tides.\n\nThe second one names the moon as the cause of it."
    answer = text_of(await talk.message("You help.", joined))
    assert "First finding about tides" in answer
    assert "The second one names the moon as the cause of it." in answer


async def test_words_come_one_by_one_at_forty_a_second_unless_told_otherwise(talk: Talk) -> None:
    body = talk.body("You help.") | {"system": "[[sim: words=13]]"}

    async def is_so() -> bool:
        """Once this machine is not in the way."""
        passing, times = Stopwatch(), list[float]()
        async with talk.http.stream("POST", "/v1/messages", json=body, headers=HEADERS) as answer:
            async for part in answer.aiter_bytes():
                times.extend([passing.elapsed()] * part.count(b"text_delta"))
        counts.append(len(times))
        return 0.28 < times[-1] - times[0] < 0.6

    counts: list[int] = []
    await eventually(is_so)
    assert set(counts) == {13}
    assert min(entry.duration_ms or 0 for entry in await talk.log()) >= 300


async def test_an_answer_over_max_tokens_stops_there(talk: Talk) -> None:
    answer = await talk.post(talk.body("You help.", stream=False) | {"max_tokens": 5})
    message = Message.model_validate_json(answer.content)
    assert message.stop_reason == "max_tokens"
    assert len(text_of(message).split()) == 5


async def test_a_stop_sequence_ends_the_text_before_it(talk: Talk) -> None:
    asked = {"stop_sequences": ["STOP"]}
    body = talk.body('[[sim: text="one two STOP three"]]', stream=False) | asked
    message = Message.model_validate_json((await talk.post(body)).content)
    assert text_of(message) == "one two "
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "STOP")


async def test_an_interrupted_answer_goes_on_where_it_stopped(talk: Talk) -> None:
    script = '[[sim: text="one two three four five six"]]'
    user = {"role": "user", "content": "hi"}
    prefilled = [user, {"role": "assistant", "content": "one two three"}]
    told = "So far you wrote: <text>one two three</text> Please continue."
    asked = [user, {"role": "user", "content": told}]
    for model, messages in (("claude-haiku-4-5", prefilled), ("claude-haiku-5-5", asked)):
        body = talk.body(script, stream=False) | {"model": model, "messages": messages}
        message = Message.model_validate_json((await talk.post(body)).content)
        assert text_of(message) == " four five six"


async def test_five_hundred_streams_run_side_by_side(talk: Talk) -> None:
    body = talk.body("") | {"system": "[[sim: chunks=10 sleep=500ms rate=100/s]]"}

    limits = httpx2.Limits(max_connections=None)

    async def read(http: httpx2.AsyncClient) -> int:
        answer = await http.post("/v1/messages", json=body, headers=HEADERS)
        return answer.content.count(b"text_delta")

    async with httpx2.AsyncClient(
        base_url=talk.url, timeout=PATIENCE_SECONDS, limits=limits
    ) as http:
        counts = await asyncio.gather(*(read(http) for _ in range(500)))
    assert counts == [10] * 500


async def test_ten_times_as_many_chunks_take_ten_times_as_long(talk: Talk) -> None:
    async def told(chunks: int) -> None:
        answer = await talk.post(talk.body(f"[[sim: chunks={chunks}]]"))
        assert answer.content.count(b"text_delta") == chunks

    few = await elapsed_cost(lambda: told(3_000))
    # Quadratic time would be a hundred times as much.
    assert await elapsed_cost(lambda: told(30_000)) < 10 * 4 * few
    assert len(deltas(await talk.events("[[sim: chunks=500]]"))) == 500
