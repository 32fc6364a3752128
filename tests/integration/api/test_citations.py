"""The sources of an answer, as readers of the api are told them: live, late and past."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from penstock_client.citation_view import CitationView
from penstock_client.view import RunView

from shared.log import Log
from shared.run import facts as f
from shared.run import kept_in
from shared.run.content import Citation, CitationAt
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.api.story import AGENTS, Service, Story
from tests.integration.api.test_events import is_watched, read
from tests.integration.api.test_past import forget, is_listed
from tests.integration.api.test_tool_calls import view_of

SAID = "Rivers bend."
SOURCE = Citation(
    kind="web_search_result_location",
    cited_text="They bend.",
    url="https://example.org/rivers",
    title="Rivers",
)
OTHER = Citation(kind="char_location", cited_text="bend", document_index=0, start=3, end=7)
NAMED = (CitationAt(offset=6, citation=SOURCE), CitationAt(offset=12, citation=OTHER))
SHOWN = (
    CitationView(6, "They bend.", SOURCE.url, "Rivers", SOURCE.kind),
    CitationView(12, "bend", kind="char_location", document_index=0, start=3, end=7),
)


async def told(story: Story) -> None:
    """An agent says something, and names its sources."""
    await story.begin()
    await story.start(0, "draft")
    await story.say(0, "draft", 0, SAID)
    for each in NAMED:
        await story.cite(0, "draft", each.offset, each.citation)


async def ended(story: Story) -> None:
    await story.complete(0, "draft", SAID, *NAMED)
    await story.start(1, "final")
    await story.complete(1, "final", "x")
    await story.end("x")


def sources(view: RunView) -> tuple[CitationView, ...]:
    return view.steps[0].citations


async def test_who_heard_each_source_and_who_came_afterwards_see_the_same(
    service: Service, log: Log
) -> None:
    run = await service.run(flow=AGENTS)
    reading = asyncio.create_task(read(service, run))
    await eventually(lambda: is_watched(service))
    story = Story(log, run)
    await told(story)
    await ended(story)
    live = await asyncio.wait_for(reading, PATIENCE_SECONDS)
    assert [each.event for each in live].count("step.citation") == len(NAMED)
    late = await read(service, run)
    assert "step.citation" not in {each.event for each in late}
    assert sources(view_of(live)) == sources(view_of(late)) == SHOWN


@pytest.mark.parametrize("gone", ["deltas", "all"])
async def test_sources_are_told_when_their_deltas_or_the_whole_run_have_left_the_log(
    projected: Service, log: Log, gone: str
) -> None:
    run = await projected.run(flow=AGENTS)
    story = Story(log, run)
    await told(story)
    await ended(story)
    await eventually(lambda: is_listed(projected, run, "completed"))
    if gone == "all":
        await forget(log, run)
    else:
        entries = await log.read_on("default", run, after=0)
        await log.delete([each.sequence for each in entries if each.rest.startswith("delta.")])
    assert sources(view_of(await read(projected, run, "?after=0"))) == SHOWN
    step = (await projected.http.get(f"/api/v1/runs/{run}/steps/0")).json()
    attempt = step["attempts"][0]
    assert attempt["citations"] == [each.model_dump() for each in NAMED]
    assert attempt["citations_left_out"] == 0


async def test_a_step_without_sources_has_an_empty_list(service: Service, log: Log) -> None:
    run = await service.run(flow=AGENTS)
    story = Story(log, run)
    await story.begin()
    await story.complete(0, "draft", SAID)
    step = (await service.http.get(f"/api/v1/runs/{run}/steps/0")).json()
    assert step["attempts"][0]["citations"] == []


async def test_a_fork_keeps_no_more_sources_than_whoever_schedules_it_may_hold(
    service: Service, log: Log
) -> None:
    names = ("draft", "middle", "final")
    nodes = [{"id": each, "type": "agent", "data": {"instructions": "Say."}} for each in names]
    edges = [{"source": a, "target": b} for a, b in pairwise(names)]
    run = await service.run(flow={"nodes": nodes, "edges": edges})
    story = Story(log, run)
    await story.begin()
    many = [CitationAt(offset=n, citation=SOURCE) for n in range(180)]
    for number, each in enumerate(names):
        await story.complete(number, each, "x", *many)
    await story.fail("lost")
    answer = await service.http.post(f"/api/v1/runs/{run}/fork", json={"from_steps": ["final"]})
    fork = answer.json()["run_id"]
    [requested] = [entry.recorded().fact for entry in await log.read_on("default", fork, after=0)]
    assert isinstance(requested, f.RunRequested)
    assert requested.kept is not None
    body = await log.get_blob("default", fork, requested.kept.blob)
    assert body is not None
    first, second = kept_in(body).values()
    assert (first.citations, first.citations_left_out) == (tuple(many), 0)
    assert (second.citations, second.citations_left_out) == ((), len(many))
