"""The page says in words why nothing moves, and stops saying so when it does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Request, Route

from tests.browser.axe import violations
from tests.browser.drawings import agent, review
from tests.browser.watched import Watched

WHY = "#why:visible"
DECIDES = "A person is to decide at Publish?."


async def test_a_run_that_waits_for_a_person_says_so_until_one_decided(watched: Watched) -> None:
    async with watched.stack.client() as client:
        run = await client.runs.create(flow=review(), input="a draft")
        await watched.page.goto(watched.address(run))
        await watched.page.locator(WHY).filter(has_text=DECIDES).wait_for()
        assert await watched.page.locator("#announcement").inner_text() == DECIDES
        await client.runs.decide(run.run_id, 5, "approve")
    await watched.page.locator("#why").wait_for(state="hidden")
    await watched.comes_to("completed")
    assert not await watched.page.locator("#why").is_visible()


async def test_a_run_that_begins_later_says_when(watched: Watched) -> None:
    at = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    flow = {"nodes": [agent("a", "Talk.")], "edges": []}
    async with watched.stack.client() as client:
        run = await client.runs.create(flow=flow, input="go", start_at=at)
        await watched.page.goto(watched.address(run))
        told = f"It starts at {at.replace('+00:00', 'Z')}."
        await watched.page.locator(WHY).filter(has_text=told).wait_for()
        await client.runs.cancel(run.run_id)
    await watched.comes_to("cancelled")
    assert not await watched.page.locator("#why").is_visible()


async def test_it_is_not_asked_while_an_agent_talks(watched: Watched) -> None:
    asked: list[Request] = []
    watched.page.on("request", lambda request: asked.append(request))
    await watched.start("Talk. [[sim: forever rate=2]]")
    await watched.says_more_than(0, 40)
    assert not any("waiting-for" in request.url for request in asked)
    await watched.named("button", "Stop").wait_for()


async def test_a_page_that_is_told_nothing_of_waiting_says_nothing(watched: Watched) -> None:
    asked: list[str] = []

    async def refuse(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(status=404, json={"detail": "There is no such call."})

    await watched.page.route("**/waiting-for*", refuse)
    async with watched.stack.client() as client:
        run = await client.runs.create(flow=review(), input="a draft")
        await watched.page.goto(watched.address(run))
        async with watched.page.expect_response("**/waiting-for*"):
            pass
        await watched.comes_to("waiting")
        assert asked
        assert not await watched.page.locator("#why").is_visible()
        await client.runs.cancel(run.run_id)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_anybody_can_read_it(watched: Watched, scheme: str, width: int) -> None:
    page = watched.page
    await page.set_viewport_size({"width": width, "height": 860})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    async with watched.stack.client() as client:
        run = await client.runs.create(flow=review(), input="a draft")
        await page.goto(watched.address(run))
        await page.locator(WHY).filter(has_text=DECIDES).wait_for()
        assert await violations(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") == width
        await client.runs.cancel(run.run_id)
