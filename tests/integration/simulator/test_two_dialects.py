"""One plan, two voices: the same markers make the same answer in both APIs."""

import json
from collections.abc import AsyncIterator

import pytest
from anthropic.types import Message

from tests.integration.simulator.chat import Chat, chatting
from tests.integration.simulator.chat import text_of as chat_text
from tests.integration.simulator.talk import Talk, text_of

TOOL = {"type": "object", "properties": {"city": {"type": "string"}}}
SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {
        "score": {"type": "integer", "minimum": 3, "maximum": 9},
        "verdict": {"enum": ["good", "bad"]},
        "notes": {"type": "array", "items": {"$ref": "#/$defs/note"}, "minItems": 2},
    },
    "required": ["score", "verdict", "notes"],
    "additionalProperties": False,
    "$defs": {"note": {"type": "object", "properties": {"at": {"format": "date"}}}},
}


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    async with chatting() as chat:
        yield chat


@pytest.mark.parametrize(
    "system",
    [
        "You research.",
        "You edit. [[sim: words=30]]",
        "[[sim: chunks=12 chunk=3]]",
        '[[sim: text="a b c" chunk=1]]',
        "[[sim: echo]]",
        "[[sim: unicode]]",
        "[[sim: thinking=9]]",
        "[[sim: tool=x]]",
        "[[sim: empty]]",
        "[[sim: stop_reason=max_tokens words=3]]",
    ],
)
@pytest.mark.parametrize("user", ["Why do rivers bend?", "One.\n\nTwo sentences stand in it. 🚀"])
async def test_the_same_marker_gives_the_same_words(
    talk: Talk, chat: Chat, system: str, user: str
) -> None:
    said = text_of(await talk.message(system, user))
    assert text_of(await talk.whole(system, user)) == said
    assert chat_text(await chat.chunks(system, user=user)) == said
    assert ((await chat.whole(system, user)).choices[0].message.content or "") == said


class Conversation:
    """A conversation with client tools, in either API: every call gets a numbered result."""

    def __init__(self, system: str) -> None:
        self.turns: list[list[tuple[str, str]]] = []
        self._system, self._count = f"{system} [[sim: rate=0]]", 0

    def result(self, identity: str) -> tuple[str, str]:
        self._count += 1
        return identity, f"result {self._count}"

    async def with_messages(self, talk: Talk, most_turns: int) -> str:
        """The final words; the calls of each turn are in `turns`."""
        messages: list[object] = [{"role": "user", "content": "go"}]
        offered = [{"name": "weather", "input_schema": TOOL}]
        for _ in range(most_turns):
            body = talk.body(self._system, stream=False) | {"messages": messages, "tools": offered}
            answer = Message.model_validate_json((await talk.post(body)).content)
            calls = [block for block in answer.content if block.type == "tool_use"]
            if not calls:
                return text_of(answer)
            self.turns.append([(call.name, json.dumps(call.input)) for call in calls])
            results = [
                {"type": "tool_result", "tool_use_id": identity, "content": text}
                for identity, text in (self.result(call.id) for call in calls)
            ]
            content = [block.model_dump(exclude_none=True) for block in answer.content]
            messages += [
                {"role": "assistant", "content": content},
                {"role": "user", "content": results},
            ]
        return ""

    async def with_chat(self, chat: Chat, most_turns: int) -> str:
        """The same by Chat Completions."""
        body = chat.body(self._system, "go")
        messages = body["messages"]
        assert isinstance(messages, list)
        body["tools"] = [{"type": "function", "function": {"name": "weather", "parameters": TOOL}}]
        for _ in range(most_turns):
            message = (await chat.answer(body)).choices[0].message
            if not message.tool_calls:
                return message.content or ""
            calls = [call for call in message.tool_calls if call.type == "function"]
            self.turns.append([(call.function.name, call.function.arguments) for call in calls])
            messages.append(message.model_dump(exclude_none=True))
            messages += [
                {"role": "tool", "tool_call_id": identity, "content": text}
                for identity, text in (self.result(call.id) for call in calls)
            ]
        return ""


@pytest.mark.parametrize(
    ("system", "turns", "said"),
    [
        ("[[sim: tool results]]", [[("weather", '{"city": "go"}')]], "result 1"),
        (
            """[[sim: tool=weather,nobody tool_input='[{"city": "Bern"}, {}]' results]]""",
            [[("weather", '{"city": "Bern"}'), ("nobody", "{}")]],
            "result 1\nresult 2",
        ),
        (
            "[[sim: tool=weather tool_input='{}' tool_turns=3 results]]",
            [[("weather", "{}")]] * 3,
            "result 1\nresult 2\nresult 3",
        ),
        (
            "[[sim: tool=a tool_input='{}' turn=1]] [[sim: tool=b tool_input='{}' turn=2]] "
            "[[sim: results]]",
            [[("a", "{}")], [("b", "{}")]],
            "result 1\nresult 2",
        ),
        ("[[sim: tool=a tool_input='{}' again text=x]]", [[("a", "{}")]] * 6, ""),
    ],
)
async def test_tools_are_called_as_marked_and_their_results_reach_the_model(
    talk: Talk, chat: Chat, system: str, turns: list[list[tuple[str, str]]], said: str
) -> None:
    one, other = Conversation(system), Conversation(system)
    assert await one.with_messages(talk, 6) == said
    assert await other.with_chat(chat, 6) == said
    assert one.turns == other.turns == turns


async def test_forty_calls_in_one_turn(talk: Talk, chat: Chat) -> None:
    system = "[[sim: tool tool_count=40]]"
    one, other = Conversation(system), Conversation(system)
    assert "result 40" in await one.with_messages(talk, 3)
    assert "result 40" in await other.with_chat(chat, 3)
    assert [len(turn) for turn in one.turns + other.turns] == [40, 40]


async def answers(talk: Talk, chat: Chat, system: str) -> list[str]:
    """What both say when an answer in the form of the schema is asked for."""
    form = {"format": {"type": "json_schema", "schema": SCHEMA}}
    one = await talk.post(talk.body(system, stream=False) | {"output_config": form})
    named = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": SCHEMA}}
    other = await chat.answer(chat.body(system, response_format=named))
    said = text_of(Message.model_validate_json(one.content))
    return [said, other.choices[0].message.content or ""]


async def test_an_answer_fits_the_schema_that_is_asked_for(talk: Talk, chat: Chat) -> None:
    fits = {"score": 3, "verdict": "good", "notes": [{"at": "2026-10-21"}] * 2}
    assert [json.loads(said) for said in await answers(talk, chat, "You judge.")] == [fits, fits]


async def test_a_marker_makes_the_first_answers_not_fit(talk: Talk, chat: Chat) -> None:
    system = "[[sim: misfit times=1 key=a]] [[sim: misfit=text times=2 key=b]]"
    first, second, third = [await answers(talk, chat, system) for _ in range(3)]
    assert [json.loads(said)["score"] for said in first] == [{"unfit": True}] * 2
    for said in second:
        with pytest.raises(json.JSONDecodeError):
            json.loads(said)
    assert [json.loads(said)["score"] for said in third] == [3, 3]


async def test_what_a_marker_dictates_is_said_whatever_the_schema(talk: Talk, chat: Chat) -> None:
    assert await answers(talk, chat, "[[sim: text={}]]") == ["{}", "{}"]


@pytest.mark.parametrize("bomb", [{"$ref": "#"}, {"type": "array", "minItems": 100}])
async def test_a_schema_without_end_is_answered(chat: Chat, bomb: dict[str, object]) -> None:
    inner: dict[str, object] = {"$ref": "#"}
    schema = bomb | {"items": inner, "properties": {"a": inner, "b": inner}}
    named = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    assert (await chat.answer(chat.body("", response_format=named))).choices
