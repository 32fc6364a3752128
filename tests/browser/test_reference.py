"""The page at /docs in Chromium: every call can be found and tried, and nobody else is asked."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from playwright.async_api import Locator, Page

from tests.browser.conftest import session_fixture
from tests.stack import RunningStack

CANCEL = "/api/v1/runs/{run_id}/cancel"


class Reference:
    """The page, with what it asked for and what went wrong in it."""

    def __init__(self, stack: RunningStack, page: Page) -> None:
        self.origin = stack.stack["api_url"]
        self.page = page
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        # What the policy forbids is told here, like what did not load.
        page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type == "error" else None,
        )

    async def open(self, operation: str = "") -> None:
        """Shows the page, at an operation as `tag/METHOD/path` if one is given."""
        await self.page.goto(f"{self.origin}/docs{f'#tag/{operation}' if operation else ''}")
        await self.page.locator("#reference h1").first.wait_for()

    def section(self, operation: str) -> Locator:
        """The part of the page about an operation."""
        return self.page.locator(f'section[id$="/tag/{operation}"]')

    def assert_kept_to_itself(self) -> None:
        elsewhere = [
            url for url in self.asked if not url.startswith((f"{self.origin}/", "data:", "blob:"))
        ]
        assert elsewhere == []
        assert self.complaints == []


@session_fixture()
async def reference(stack: RunningStack, page: Page) -> AsyncIterator[Reference]:
    """The page, not opened yet; at the end it may have asked and offended nobody."""
    shown = Reference(stack, page)
    yield shown
    shown.assert_kept_to_itself()


async def operations(origin: str) -> list[tuple[str, str]]:
    """Every operation as the page names it, and its summary."""
    async with httpx2.AsyncClient() as http:
        document: Any = (await http.get(f"{origin}/openapi.json")).json()
    return [
        (f"{each['tags'][0].lower().replace(' ', '-')}/{method.upper()}{path}", each["summary"])
        for path, methods in document["paths"].items()
        for method, each in methods.items()
    ]


async def test_every_call_is_shown_with_a_line_of_curl(reference: Reference) -> None:
    every = sorted(await operations(reference.origin))
    # An address with a query stands in quotes.
    line = re.compile(f"curl '?{re.escape(reference.origin)}/")
    assert len(every) > 40
    opened = ""
    for name, summary in every:
        section = reference.section(name)
        example = section.locator("code").filter(has_text=line).first
        # The page keeps all it has shown, and goes slower to a call the more that is.
        tag = name.partition("/")[0]
        if tag != opened:
            await reference.page.goto("about:blank")
        if tag != opened or not await example.count():
            await reference.open(name)
        opened = tag
        await section.get_by_role("heading", name=summary, exact=True).wait_for()
        await example.wait_for()


async def test_a_search_finds_what_cancels_a_run(reference: Reference) -> None:
    await reference.open()
    page = reference.page
    await page.keyboard.press("Control+k")
    await page.get_by_role("combobox", name="Enter search query").last.fill("cancel")
    await page.get_by_role("option").filter(has_text=CANCEL).first.click()
    found = reference.section(f"runs/POST{CANCEL}")
    await found.get_by_role("heading", name="Stop a run", exact=True).wait_for()
    assert page.url.endswith(f"#tag/runs/POST{CANCEL}")


async def test_a_call_is_tried_with_a_token_which_is_forgotten_with_the_page(
    stack: RunningStack, reference: Reference
) -> None:
    page = reference.page
    token = stack.stack["token"]
    await reference.open()
    await page.get_by_placeholder("Token").first.fill(token)
    await reference.open("service/GET/api/v1/me")
    await page.get_by_role("button", name="Test Request (get /api/v1/me)").click()
    async with page.expect_response(f"{reference.origin}/api/v1/me") as answered:
        await page.get_by_role("button", name="Send").first.click()
    answer = await answered.value
    assert (answer.status, (await answer.json())["role"]) == (200, "admin")
    await page.get_by_text('"settings"').last.wait_for()
    kept = await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert token not in kept
    assert token not in page.url
    assert await page.context.cookies() == []
    await page.reload()
    await page.get_by_placeholder("Token").first.wait_for()
    assert await page.get_by_placeholder("Token").first.input_value() == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_a_phone_in_the_light_and_in_the_dark(
    reference: Reference, scheme: str
) -> None:
    page = reference.page
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await reference.open(f"runs/POST{CANCEL}")
    await reference.section(f"runs/POST{CANCEL}").get_by_role("heading").first.wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in background.strip("rgb()").split(",")[:3])
    assert (brightness < 200) is (scheme == "dark")
    await page.get_by_role("button", name="Open Menu").click()
    await page.get_by_role("link", name="Runs", exact=False).first.wait_for()
