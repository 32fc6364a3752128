"""The console's stream: it comes back as if nothing had been, in as many pages as are open."""

from __future__ import annotations

import asyncio
import json

from playwright.async_api import Page

from tests.browser.console.comes_back import Plan, go_through
from tests.browser.console.conftest import address, start_run
from tests.browser.console.seen import ended, says_more_than, seen
from tests.stack import RunningStack

PAGES = 8
LASTING = "Talk. [[sim: forever rate=20]]"


async def test_eight_pages_of_one_browser_are_live_at_once(
    console: Page, stack: RunningStack
) -> None:
    runs = [await start_run(stack, LASTING, input=str(n)) for n in range(PAGES)]
    pages = [console, *[await console.context.new_page() for _ in runs[1:]]]
    opened = zip(pages, runs, strict=True)
    await asyncio.gather(*(page.goto(address(stack, f"runs/{r.run_id}")) for page, r in opened))
    said = [0] * PAGES
    for _ in range(3):
        grows = zip(pages, said, strict=True)
        said = await asyncio.gather(*(says_more_than(page, length) for page, length in grows))
    # There is room left for calls.
    assert await console.evaluate("fetch('/api/v1/me').then((answer) => answer.status)") == 200
    views = [await seen(page) for page in pages]
    assert [view and view["phase"] for view in views] == ["running"] * PAGES
    async with stack.client() as client:
        for run in runs:
            await client.runs.cancel(run.run_id)
    assert [json.loads(await ended(page))["phase"] for page in pages] == ["cancelled"] * PAGES


async def test_a_page_that_was_disturbed_shows_what_any_other_does(
    console: Page, stack: RunningStack
) -> None:
    came = await go_through(console, stack, Plan(reloads=5, restarts=2, offline_seconds=4))
    assert (came.reloads, came.restarts) == (5, 2)
    assert came.view == came.undisturbed
    assert json.loads(came.view)["phase"] == "completed"
