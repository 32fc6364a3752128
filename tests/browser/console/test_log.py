"""The console's stream: it comes back as if nothing had been, in as many pages as are open."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

from playwright.async_api import Page, expect

from tests.browser.console.comes_back import Plan, go_through
from tests.browser.console.conftest import address, make_user, sign_in, start_run
from tests.browser.console.seen import ended, line_of, says_more_than, seen, words
from tests.eventually import PATIENCE_SECONDS
from tests.integration.api.people import PASSWORD
from tests.stack import RunningStack

# Lists alone would take all six connections that a browser opens to a host.
RUNS, LISTS = 4, 6
LASTING = "Talk. [[sim: forever rate=20]]"


async def test_ten_pages_of_one_browser_are_live_at_once(
    console: Page, stack: RunningStack
) -> None:
    console.context.set_default_timeout(1_000 * PATIENCE_SECONDS)
    runs = [await start_run(stack, LASTING, input=str(n)) for n in range(RUNS)]
    pages = [console, *[await console.context.new_page() for _ in runs[1:]]]
    lists = [await console.context.new_page() for _ in range(LISTS)]
    tag = f"tag-{uuid4().hex[:8]}"
    await asyncio.gather(*(page.goto(address(stack, f"runs?tags={tag}")) for page in lists))
    await asyncio.gather(*(page.get_by_text("No run matches").wait_for() for page in lists))
    opened = zip(pages, runs, strict=True)
    await asyncio.gather(*(page.goto(address(stack, f"runs/{r.run_id}")) for page, r in opened))
    said = [0] * RUNS
    for _ in range(3):
        grows = zip(pages, said, strict=True)
        said = await asyncio.gather(*(says_more_than(page, length) for page, length in grows))
    listed = await start_run(stack, LASTING, input="comes later", tags=[tag])
    await asyncio.gather(*(shown_as(page, "Running") for page in lists))
    # There is room left for calls.
    assert await console.evaluate("fetch('/api/v1/me').then((answer) => answer.status)") == 200
    views = [await seen(page) for page in pages]
    assert [view and view["phase"] for view in views] == ["running"] * RUNS
    async with stack.client() as client:
        for run in (*runs, listed):
            await client.runs.cancel(run.run_id)
    assert [json.loads(await ended(page))["phase"] for page in pages] == ["cancelled"] * RUNS
    await asyncio.gather(*(shown_as(page, "Stopped") for page in lists))


async def shown_as(page: Page, status: str) -> None:
    """Returns once the list has the run, and says so of it."""
    row = page.get_by_role("row").filter(has_text="comes later").filter(has_text=status)
    await row.wait_for()
    # By its stream, not because it asks every few seconds.
    await page.get_by_text("Live", exact=True).wait_for()


async def test_a_page_that_was_disturbed_shows_what_any_other_does(
    console: Page, stack: RunningStack
) -> None:
    came = await go_through(console, stack, Plan(reloads=5, restarts=2, offline_seconds=4))
    assert (came.reloads, came.restarts) == (5, 2)
    assert (came.view, came.shown) == (came.undisturbed, came.undisturbed_shown)
    assert json.loads(came.view)["phase"] == "completed"


async def test_a_session_that_is_over_is_asked_for_once_and_takes_nothing_away(
    console: Page, stack: RunningStack
) -> None:
    run = await start_run(stack, LASTING)
    other = await console.context.new_page()
    other.set_default_timeout(1_000 * PATIENCE_SECONDS)
    for page in (console, other):
        await page.goto(address(stack, f"runs/{run.run_id}"))
        await says_more_than(page, 0)
    await console.evaluate("fetch('/api/v1/session', { method: 'DELETE' }).then(() => null)")
    for page in (console, other):
        await page.get_by_role("dialog").wait_for()
        assert await line_of(page) == "Signed out"
    said = [len(await words(page)) for page in (console, other)]
    await console.get_by_label("Password").fill(PASSWORD)
    await console.keyboard.press("Enter")
    await says_more_than(console, said[0])
    # The other tab finds out when it is looked at.
    await other.bring_to_front()
    await other.evaluate("window.dispatchEvent(new Event('focus'))")
    await says_more_than(other, said[1])
    for page in (console, other):
        await page.get_by_role("dialog").wait_for(state="hidden")
    async with stack.client() as client:
        await client.runs.cancel(run.run_id)


async def test_who_is_let_go_while_watching_is_told_what_was_last_seen(
    console: Page, stack: RunningStack
) -> None:
    run, leaver = await start_run(stack, LASTING), make_user(stack, "viewer")
    await sign_in(console.context, stack, leaver)
    await console.goto(address(stack, f"runs/{run.run_id}"))
    await says_more_than(console, 0)
    async with stack.http() as http:
        (await http.delete(f"workspaces/default/members/{leaver.id}")).raise_for_status()
    await console.get_by_text("last seen").wait_for()
    assert await line_of(console) == "No longer available"
    await expect(console.get_by_role("button", name="Stop")).to_have_count(0)
    async with stack.client() as client:
        await client.runs.cancel(run.run_id)
