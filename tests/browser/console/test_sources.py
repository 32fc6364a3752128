"""The sources of an answer on the page of its run: while they are named, and ever after."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.axe import violations
from tests.browser.console.conftest import address, flow_of, start_run
from tests.browser.console.seen import ended
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.stack import RunningStack

expect.set_options(timeout=1_000 * PATIENCE_SECONDS)
RIVERS, LAKES = "https://example.org/rivers", "https://example.com/lakes?deep=1"
SUBJECT = "<img src=x onerror=window.got=2> \u202eשלום"
PLACES = f"{RIVERS},{LAKES},javascript:window.got=1,data:text/html;x,//example.net/x,vbscript:x"
ANSWER = f'[[sim: search="{SUBJECT}" cites="{PLACES}" text="They bend." rate=0]]'
MODEL = "claude-haiku-5-5"


def sources(page: Page) -> Locator:
    return page.locator(".run-sources")


async def links(page: Page) -> list[str | None]:
    found = await sources(page).get_by_role("link").all()
    return [await link.get_attribute("href") for link in found]


async def test_sources_are_there_after_a_reload_that_hears_of_none_while_it_reads(
    console: Page, stack: RunningStack
) -> None:
    flow = flow_of(ANSWER, model=MODEL, tools=["web_search"])
    run = await start_run(stack, flow=flow)
    await console.goto(address(stack, f"runs/{run.run_id}?step=0"))
    await sources(console).wait_for()
    live = await ended(console)
    assert await links(console) == [RIVERS, LAKES]
    await console.reload()
    await sources(console).wait_for()
    assert await ended(console) == live
    events = f"{stack.stack['api_url']}/api/v1/runs/{run.run_id}/events?workspace=default"
    told = await console.request.get(events)
    assert "step.completed" in await told.text()
    assert "step.citation" not in await told.text()
    assert await links(console) == [RIVERS, LAKES]
    await expect(sources(console).get_by_role("listitem")).to_have_count(6)
    await expect(sources(console)).to_contain_text("What is said of <img src=x")
    await expect(console.locator(".run-step-facts")).to_contain_text("web searches: 1")
    await console.goto(address(stack, f"runs/{run.run_id}"))
    await sources(console).wait_for()
    assert await links(console) == [RIVERS, LAKES]
    assert await console.locator(".run :is(img, script, iframe, object)").count() == 0


async def test_a_source_opens_in_a_page_of_its_own_which_knows_nothing_of_this_one(
    console: Page, stack: RunningStack
) -> None:
    asked: list[dict[str, str]] = []

    async def answer(route: Route) -> None:
        asked.append(await route.request.all_headers())
        await route.fulfill(body="there")

    run = await start_run(stack, flow=flow_of(ANSWER, model=MODEL, tools=["web_search"]))
    await console.goto(address(stack, f"runs/{run.run_id}?step=0"))
    await sources(console).wait_for()
    await console.context.route("https://example.*/**", answer)
    async with console.context.expect_page() as opening:
        await sources(console).get_by_role("link").first.click()
    opened = await opening.value
    await opened.get_by_text("there").wait_for()
    assert (opened.url, await opened.evaluate("window.opener")) == (RIVERS, None)
    assert asked != []
    assert all("referer" not in headers for headers in asked)
    for unsafe in await sources(console).locator("span > bdi").all():
        await unsafe.click()
    assert await console.evaluate("window.got") is None
    assert len(console.context.pages) == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_sources_are_accessible_and_fit_a_narrow_screen(
    console: Page, stack: RunningStack, scheme: str
) -> None:
    await console.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    run = await start_run(stack, flow=flow_of(ANSWER, model=MODEL, tools=["web_search"]))
    await console.goto(address(stack, f"runs/{run.run_id}?step=0"))
    await sources(console).wait_for()
    await ended(console)
    assert await violations(console) == []
    await console.set_viewport_size({"width": 390, "height": 844})
    await eventually(lambda: console.evaluate("document.querySelector('.run').scrollWidth <= 390"))
    assert await sources(console).evaluate("list => list.scrollWidth <= list.clientWidth")
