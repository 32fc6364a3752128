"""An EventSource, cut at every event in turn, always ends with the same bytes."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx2

from tests.acceptance.cutting_proxy import cutting_proxy
from tests.acceptance.event_source import heard_from
from tests.eventually import PATIENCE_SECONDS
from tests.stack import RunningStack

ORIGIN = "https://pages.example"

DRAWN = {
    "nodes": [
        {"id": "in", "type": "input", "data": {}},
        {"id": "one", "type": "agent", "data": {"instructions": "Say. [[sim: words=30]]"}},
        {"id": "two", "type": "agent", "data": {"instructions": "Say. [[sim: unicode]]"}},
        {"id": "out", "type": "output", "data": {}},
    ],
    "edges": [
        {"source": "in", "target": "one"},
        {"source": "one", "target": "two"},
        {"source": "two", "target": "out"},
    ],
}


async def test_an_event_source_cut_at_every_event_ends_with_the_same_bytes(
    stack: RunningStack,
) -> None:
    async with stack.client() as client:
        accepted = await client.runs.create(flow=DRAWN, input="go", wait=30)
    url = urlsplit(accepted.events_url)
    async with cutting_proxy(url.hostname or "", url.port or 0) as proxy:
        base = f"http://127.0.0.1:{proxy.port}{url.path}?{url.query}&after=0"
        (whole,) = await heard_from([base])
        assert 20 < len(whole["frames"]) < 100
        assert whole["frames"][-1][1] == "end"
        cut = await heard_from([f"{base}&cut={index}" for index in range(len(whole["frames"]))])
    for index, heard in enumerate(cut):
        # `end` has the id of the run's last fact: who is cut between the two has every fact.
        between = index == len(whole["frames"]) - 1
        assert heard["frames"] == whole["frames"][: -1 if between else None], f"cut after {index}"
        assert heard["ended"] is not between
        assert heard["cuts"] >= 1
        assert heard["afterwards"] == 204


async def test_an_event_source_that_reads_along_and_is_cut_misses_nothing(
    stack: RunningStack,
) -> None:
    async with stack.client() as client:
        accepted = await client.runs.create(flow=DRAWN, input="go")
    url = urlsplit(accepted.events_url)
    async with cutting_proxy(url.hostname or "", url.port or 0) as proxy:
        base = f"http://127.0.0.1:{proxy.port}{url.path}?{url.query}&after=0"
        cut = await heard_from([f"{base}&cut={index}" for index in range(1, 40, 2)])
        (whole,) = await heard_from([base])
    for heard in cut:
        assert heard["frames"] == whole["frames"]


async def test_a_page_of_another_origin_may_open_the_stream_and_no_page_of_a_third(
    stack: RunningStack,
) -> None:
    async with stack.client() as client, httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as page:
        accepted = await client.runs.create(flow=DRAWN, input="go", wait=30)
        allowed = await page.get(accepted.events_url, headers={"Origin": ORIGIN})
        refused = await page.get(accepted.events_url, headers={"Origin": "https://evil.example"})
    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in refused.headers
