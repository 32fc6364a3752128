"""The sources of an answer, in its outcome: whichever execution ended the attempt."""

import json

from shared.run import facts as f
from shared.run.content import CitationAt
from tests.integration.agent_worker.stage import Run, Stage, agent, chain

RIVERS, LAKES = "https://example.org/rivers", "https://example.org/lakes"
PAUSED = (
    "[[sim: search=rivers text=Rivers. stop_reason=pause_turn times=1 key=k]] "
    "[[sim: search=lakes text=Lakes. rate=0]]"
)


def places(completed: f.StepCompleted) -> list[tuple[int, str | None]]:
    return [(each.offset, each.citation.url) for each in completed.citations]


async def completed(run: Run) -> f.StepCompleted:
    outcome = await run.outcome("a")
    assert isinstance(outcome, f.StepCompleted), outcome
    return outcome


async def test_an_outcome_names_what_was_streamed(stage: Stage) -> None:
    marker = f"[[sim: search=rivers cites={RIVERS},{LAKES} text='It bends.' rate=0]]"
    run = await stage.run(chain(agent("a", marker, tools=["web_search"])))
    async with stage.working():
        await run.ready("a")
        outcome = await completed(run)
    streamed = await run.facts(f.StepCitation)
    assert outcome.citations == tuple(
        CitationAt(offset=each.offset, citation=each.citation) for each in streamed
    )
    assert places(outcome) == [(9, RIVERS), (9, LAKES)]
    assert outcome.citations_left_out == 0


async def test_the_sources_of_all_turns_stand_where_each_was_named(stage: Stage) -> None:
    run = await stage.run(chain(agent("a", PAUSED, tools=["web_search"])))
    async with stage.working():
        await run.ready("a")
        outcome = await completed(run)
    assert (outcome.output, places(outcome)) == ("Rivers.Lakes.", [(7, RIVERS), (13, LAKES)])


async def test_an_execution_that_goes_on_names_the_sources_of_the_one_that_was_lost(
    stage: Stage,
) -> None:
    cited = {"type": "web_search_result_location", "url": RIVERS, "cited_text": "They bend."}
    search = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}}
    found = {"type": "web_search_tool_result", "tool_use_id": "s", "content": []}
    blocks = [search, found, {"type": "text", "text": "Rivers.", "citations": [cited]}]
    marker = "[[sim: search=lakes text=Lakes. rate=0]]"
    run = await stage.run(chain(agent("a", marker, tools=["web_search"])))
    turn = f.StepTurn(
        **run.step("a"),
        turn=1,
        execution=1,
        model="m",
        text="Rivers.",
        content=json.dumps(blocks),
        stop_reason="pause_turn",
    )
    await run.append(run.started("a", 1))
    await run.append(turn)
    async with stage.working():
        await run.ready("a")
        outcome = await completed(run)
    assert outcome.execution == 2
    assert (outcome.output, places(outcome)) == ("Rivers.Lakes.", [(7, RIVERS), (13, LAKES)])
    # Nobody was told of the first one by this execution.
    assert [each.citation.url for each in await run.facts(f.StepCitation)] == [LAKES]
