"""What forks ask of another model, and what they tell of answers they keep."""

from __future__ import annotations

from penstock_client import Penstock

from shared.flow import JSON
from tests.acceptance.forks import Asked, speaker
from tests.stack import RunningStack
from tests.unit.flow.drawing import drawing, edge, node

UNKNOWN = "a-model-of-mine"


async def test_another_model_is_asked_by_its_own_defaults(stack: RunningStack) -> None:
    async with stack.client() as client:
        asked = Asked(stack, client)
        parent = await asked.run(drawing([speaker("a", "said")]))

        async def sent(**data: JSON) -> tuple[object, ...]:
            """How the model is asked by a fork with this data."""
            _, fork, calls = await asked.fork(parent, overrides={"a": data})
            assert (fork.status, calls) == ("completed", 1)
            return settings_of((await stack.calls(asked.mark))[-1])

        [first] = await stack.calls(asked.mark)
        assert settings_of(first)[1:] != (8_192, None)
        assert await sent(model=UNKNOWN) == (UNKNOWN, 8_192, None)
        assert await sent(model=UNKNOWN, max_tokens=50) == (UNKNOWN, 50, None)
        assert await sent(model="claude-haiku-4-5") == ("claude-haiku-4-5", 32_000, None)
        assert await sent(effort="low") == settings_of(first)


def settings_of(call: dict[str, object]) -> tuple[object, ...]:
    return call["model"], call["max_tokens"], call["thinking"]


async def test_a_kept_answer_that_was_cut_is_told_as_one(stack: RunningStack) -> None:
    async with stack.client() as client, stack.http() as http:
        asked = Asked(stack, client)
        cut = node("cut", "agent", instructions="[[sim: text=half stop_reason=max_tokens rate=0]]")
        parent = await asked.run(drawing([cut, speaker("b", "said")], [edge("cut", "b")]))
        _, fork, calls = await asked.fork(parent, "b")
        _, again, _ = await asked.fork(fork, "b")
        assert (fork.status, calls) == ("completed", 1)
        for run in (parent, fork, again):
            [attempt] = (await http.get(f"runs/{run.run_id}/steps/0")).json()["attempts"]
            assert (attempt["stop_reason"], attempt["truncated"]) == ("max_tokens", True)
            assert await told_of_first(client, run.run_id) == ("max_tokens", True)


async def told_of_first(client: Penstock, run: str) -> tuple[object, object]:
    """What the events of a run say of how its first step ended."""
    async for event in client.runs.events(run, after=0):
        if event.type == "step.completed" and event.data["step"] == 0:
            return event.data["stop_reason"], event.data["truncated"]
    raise AssertionError("the events end without the first step's outcome")


async def test_a_kept_answer_has_its_sources(stack: RunningStack) -> None:
    async with stack.client() as client, stack.http() as http:
        asked = Asked(stack, client)
        marker = "[[sim: search=rivers text=half rate=0]]"
        cited = node("cited", "agent", instructions=marker, tools=["web_search"])
        parent = await asked.run(drawing([cited, speaker("b", "said")], [edge("cited", "b")]))
        _, fork, calls = await asked.fork(parent, "b")
        _, again, _ = await asked.fork(fork, "b")
        assert (fork.status, calls) == ("completed", 1)
        for run in (parent, fork, again):
            [attempt] = (await http.get(f"runs/{run.run_id}/steps/0")).json()["attempts"]
            [source] = attempt["citations"]
            assert (source["offset"], source["citation"]["title"]) == (4, "rivers (an overview)")
