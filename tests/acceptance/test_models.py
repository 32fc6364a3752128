"""What agents ask of their models, from the drawing to the wire and back to the reader."""

from __future__ import annotations

from typing import Any

from tests.eventually import PATIENCE_SECONDS
from tests.stack import RunningStack

LONG = "Help with what is asked. " * 400


def flow(marker: str, **data: Any) -> dict[str, Any]:
    """A flow of one agent with long instructions."""
    instructions = f"{marker}[[sim: rate=0]] {LONG}"
    node = {"id": "a", "type": "agent", "data": {"instructions": instructions, **data}}
    return {"nodes": [node], "edges": []}


async def test_what_a_run_reads_from_the_cache_is_told_of_it_and_of_its_steps(
    stack: RunningStack,
) -> None:
    asked = flow("[[sim: text=done]] The first of its kind.")
    async with stack.client() as client:
        usages = []
        for _ in range(2):
            begun = await client.runs.create(flow=asked, wait=min(60.0, PATIENCE_SECONDS))
            run = await client.runs.get(begun.run_id)
            assert run.status == "completed", run
            assert run.steps[0].usage["cache_read_tokens"] == run.usage["cache_read_tokens"]
            usages.append(run.usage)
    first, second = usages
    assert first["cache_read_tokens"] == second["cache_creation_5m_tokens"] == 0
    assert first["cache_creation_5m_tokens"] == second["cache_read_tokens"]
    assert isinstance(count := second["cache_read_tokens"], int)
    assert count > 1_000


async def test_a_reader_hears_the_words_of_a_model_that_thinks(stack: RunningStack) -> None:
    asked = flow("[[sim: thinking=9 text=done]]")
    asked["nodes"].append({"id": "go", "type": "approval", "data": {}})
    asked["edges"].append({"source": "go", "target": "a", "sourceHandle": "approved"})
    thoughts = []
    async with stack.client() as client:
        run = await client.runs.create(flow=asked)
        async for event in client.follow(run.run_id):
            if event.type == "step.waiting":
                await client.runs.decide(run.run_id, int(str(event.data["step"])), "approve")
            if event.type == "step.thinking":
                thoughts.append(str(event.data["text"]))
    assert len("".join(thoughts).split()) == 9


async def test_an_unknown_model_runs_with_a_warning(stack: RunningStack) -> None:
    asked = flow("[[sim: text=done]]", model="a-model-of-mine", effort="max", thinking="adaptive")
    async with stack.client() as client:
        judged = await client.pipelines.validate(asked)
        assert [warning.code for warning in judged.warnings] == ["unknown_model"]
        assert judged.problems == ()
        begun = await client.runs.create(flow=asked, wait=min(60.0, PATIENCE_SECONDS))
        assert (await client.runs.get(begun.run_id)).output == "done"
