"""Every marker that shapes an answer, as the real SDK sees it."""

import json

import pytest
from anthropic.types import Message

from simulator.speech.words import UNICODE
from tests.cost import Stopwatch
from tests.eventually import eventually
from tests.integration.simulator.talk import MODEL, Talk, deltas, text_of

WEATHER = {
    "name": "weather",
    "input_schema": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer"},
            "unit": {"enum": ["C", "F"]},
        },
    },
}


async def test_text_is_said_exactly(talk: Talk) -> None:
    said = 'He said "hi"]] and\n{"left": 1}  '
    assert text_of(await talk.message(f"[[sim: text={json.dumps(said)}]]")) == said
    assert text_of(await talk.message("[[sim: text='raw \\n text']]")) == "raw \\n text"


async def test_echo_says_the_input_without_its_markers(talk: Talk) -> None:
    text = "  two\n\nparagraphs, 🚀 and spaces  "
    assert text_of(await talk.message("[[sim: echo]]", text)) == text
    assert text_of(await talk.message("You help.", "[[sim: echo]] only this")) == "only this"


async def test_words_chunks_and_chunk_give_exact_counts(talk: Talk) -> None:
    assert len(text_of(await talk.message("[[sim: words=50]]")).split()) == 50
    assert len(deltas(await talk.events("[[sim: chunks=77]]"))) == 77
    sized = deltas(await talk.events("[[sim: chunks=9 chunk=4]]"))
    assert [len(piece) for piece in sized] == [4] * 9
    assert deltas(await talk.events("[[sim: text=abcdef chunks=4]]")) == ["a", "bc", "d", "ef"]
    assert deltas(await talk.events("[[sim: text=abcde chunk=2]]")) == ["ab", "cd", "e"]


async def test_unicode_arrives_unharmed_even_cut_by_code_point(talk: Talk) -> None:
    assert "".join(deltas(await talk.events("[[sim: unicode chunk=1]]"))) == UNICODE


async def test_nul_and_lone_surrogates_reach_the_reader(talk: Talk) -> None:
    answer = await talk.events(r'[[sim: text="a\u0000b\ud800c"]]')
    assert deltas(answer) == ["a\0b\ud800c"]


async def test_each_chunk_of_a_clock_is_the_time_of_its_writing(talk: Talk) -> None:
    whole = Stopwatch()
    told = deltas(await talk.events("[[sim: clock chunks=5 rate=500/s]]"))
    times = [whole.until(int(piece) / 1e9) for piece in told]
    assert len(times) == 5
    assert 0 < times[0] < times[1] < times[4] < whole.elapsed()


async def test_empty_has_no_block_at_all(talk: Talk) -> None:
    message = await talk.message("[[sim: empty]]")
    assert (message.content, message.stop_reason) == ([], "end_turn")


async def test_blocks_split_the_text(talk: Talk) -> None:
    message = await talk.message('[[sim: text="one two three" blocks=3]]')
    texts = [block.text for block in message.content if block.type == "text"]
    assert texts == ["one ", "two ", "three"]


async def test_thinking_comes_first_and_signed(talk: Talk) -> None:
    message = await talk.message("[[sim: thinking=5 text=done thinking_tokens=40]]")
    thought, said = message.content
    assert thought.type == "thinking"
    assert thought.thinking == "Let me think about what"
    assert len(thought.signature) == 64
    assert said.type == "text"
    assert message.usage.output_tokens_details is not None
    assert message.usage.output_tokens_details.thinking_tokens == 40


async def test_a_tool_is_called_until_its_result_comes(talk: Talk) -> None:
    asked = talk.body("[[sim: tool]]", "weather in Bern", stream=False) | {"tools": [WEATHER]}
    message = Message.model_validate_json((await talk.post(asked)).content)
    call = message.content[-1]
    assert call.type == "tool_use"
    assert call.input == {"city": "weather in Bern", "days": 1, "unit": "C"}
    assert message.stop_reason == "tool_use"
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "rain at noon"}
    turns = [
        {"role": "user", "content": "weather in Bern"},
        {"role": "assistant", "content": [call.model_dump(exclude_none=True)]},
        {"role": "user", "content": [result]},
    ]
    after = Message.model_validate_json((await talk.post(asked | {"messages": turns})).content)
    assert after.stop_reason == "end_turn"
    assert "rain at noon" in text_of(after)


async def test_tools_can_be_named_and_given_input_over_the_stream(talk: Talk) -> None:
    message = await talk.message("""[[sim: tool=add,sub tool_input='{"a": [1, "ü"]}']]""")
    calls = [block for block in message.content if block.type == "tool_use"]
    assert [(call.name, call.input) for call in calls] == [
        ("add", {"a": [1, "ü"]}),
        ("sub", {"a": [1, "ü"]}),
    ]
    assert len({call.id for call in calls}) == 2


async def test_a_search_brings_results_a_citation_and_its_cost(talk: Talk) -> None:
    message = await talk.message('[[sim: search="river bends" text=Found. input_tokens=10]]')
    use, found, said = message.content
    assert use.type == "server_tool_use"
    assert use.input == {"query": "river bends"}
    assert found.type == "web_search_tool_result"
    assert isinstance(found.content, list)
    assert found.content[0].url == "https://example.org/river-bends"
    assert said.type == "text"
    assert said.citations is not None
    assert said.citations[0].type == "web_search_result_location"
    assert message.usage.server_tool_use is not None
    assert message.usage.server_tool_use.web_search_requests == 1
    assert message.usage.input_tokens > 1000


async def test_a_search_cites_what_it_is_told_to(talk: Talk) -> None:
    message = await talk.message("[[sim: search=x cites=https://a.b,javascript:alert(1)]]")
    said = message.content[-1]
    assert said.type == "text"
    cited = [each for each in said.citations or () if each.type == "web_search_result_location"]
    assert [each.url for each in cited] == ["https://a.b", "javascript:alert(1)"]


async def test_a_fetch_brings_its_document(talk: Talk) -> None:
    use, found, _ = (await talk.message('[[sim: fetch="https://example.org/a"]]')).content
    assert use.type == "server_tool_use"
    assert use.name == "web_fetch"
    assert found.type == "web_fetch_tool_result"
    assert found.content.type == "web_fetch_result"
    assert found.content.url == "https://example.org/a"


async def test_server_tools_fail_inside_a_200(talk: Talk) -> None:
    searched = await talk.message("[[sim: search_error=max_uses_exceeded]]")
    fetched = await talk.message("[[sim: fetch_error]]")
    assert searched.content[1].type == "web_search_tool_result"
    assert not isinstance(searched.content[1].content, list)
    assert searched.content[1].content.error_code == "max_uses_exceeded"
    assert fetched.content[1].type == "web_fetch_tool_result"
    assert fetched.content[1].content.type == "web_fetch_tool_result_error"
    assert fetched.content[1].content.error_code == "url_not_accessible"


async def test_unknown_events_and_blocks_pass_through_the_sdk(talk: Talk) -> None:
    events = await talk.events("[[sim: unknown text=fine]]")
    assert deltas(events) == ["fine"]
    assert events[-1].type == "message_stop"


@pytest.mark.parametrize(
    "reason", ["max_tokens", "stop_sequence", "tool_use", "model_context_window_exceeded"]
)
async def test_the_stop_reason_is_the_one_asked_for(talk: Talk, reason: str) -> None:
    message = await talk.message(f"[[sim: text=x stop_reason={reason}]]")
    assert message.stop_reason == reason


async def test_a_refusal_has_details(talk: Talk) -> None:
    message = await talk.message("[[sim: stop_reason=refusal category=bio empty]]")
    assert (message.content, message.stop_reason) == ([], "refusal")
    assert message.stop_details is not None
    assert message.stop_details.category == "bio"


async def test_a_paused_turn_goes_on_when_it_is_sent_back(talk: Talk) -> None:
    script = "[[sim: stop_reason=pause_turn times=1 key=pause]] [[sim: text=done]]"
    paused = await talk.whole(script)
    assert paused.stop_reason == "pause_turn"
    resumed = await talk.sdk.messages.create(
        model=MODEL,
        max_tokens=1000,
        system=f"{script} [[sim: rate=0]]",
        messages=[{"role": "user", "content": "hi"}, paused.to_param()],
    )
    assert (resumed.stop_reason, text_of(resumed)) == ("end_turn", "done")


async def test_usage_can_be_dictated(talk: Talk) -> None:
    marker = "[[sim: input_tokens=1 output_tokens=2 cache_read=3 cache_5m=4 cache_1h=5]]"
    for message in (await talk.message(marker), await talk.whole(marker)):
        usage = message.usage
        assert (usage.input_tokens, usage.output_tokens) == (1, 2)
        assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (3, 9)
        assert usage.cache_creation is not None
        assert usage.cache_creation.ephemeral_5m_input_tokens == 4
        assert usage.cache_creation.ephemeral_1h_input_tokens == 5


@pytest.mark.parametrize(
    ("marker", "seconds"),
    [("delay=200ms", 0.2), ("sleep=0.2s words=1", 0.2), ("chunks=5 rate=20/s", 0.2)],
)
async def test_time_passes_as_asked(talk: Talk, marker: str, seconds: float) -> None:
    async def is_as_asked() -> bool:
        """Never shorter; not much longer once this machine is not in the way."""
        await talk.http.delete("/_simulator/requests")
        await talk.message(f"[[sim: {marker}]]")
        await talk.whole(f"[[sim: {marker}]]")
        took = [(entry.duration_ms or 0) / 1000 for entry in await talk.log()]
        never_shorter.append(min(took) >= seconds - 0.005)
        return max(took) < 2 * seconds

    never_shorter: list[bool] = []
    await eventually(is_as_asked)
    assert all(never_shorter)


async def test_pings_fill_a_silence(talk: Talk) -> None:
    async def as_many_as_fit() -> bool:
        answer = await talk.post(talk.body("[[sim: sleep=300ms ping=50ms text=x]]"))
        counts.append(answer.content.count(b"event: ping"))
        return counts[-1] >= 5

    counts: list[int] = []
    await eventually(as_many_as_fit)
    assert max(counts) <= 7


async def test_markers_take_turns(talk: Talk) -> None:
    script = "[[sim: text=a times=1]] [[sim: text=b times=3]] [[sim: text=c]]"
    said = [text_of(await talk.whole(script)) for _ in range(5)]
    assert said == ["a", "b", "b", "c", "c"]


async def test_times_counts_by_request_unless_a_key_is_given(talk: Talk) -> None:
    by_request, by_key = "[[sim: text=a times=1]]", "[[sim: text=a times=1 key=k]]"
    rest = "[[sim: text=z]]"
    assert text_of(await talk.whole(by_request + rest, "1")) == "a"
    assert text_of(await talk.whole(by_request + rest, "2")) == "a"
    assert text_of(await talk.whole(by_key + rest, "1")) == "a"
    assert text_of(await talk.whole(by_key + rest, "2")) == "z"
