"""A React page of another origin: no token is lost or doubled, whatever happens to its line."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page

from tests.acceptance.cutting_proxy import cutting_proxy
from tests.browser.axe import violations
from tests.browser.react_page import build_page, noted_texts, open_page, serve_folder
from tests.browser.watched import Watched
from tests.servers import own_folder
from tests.stack import RunningStack

TALKS = "Talk. [[sim: words=150 rate=60]]"
LASTING = "Talk. [[sim: words=400 rate=60]]"
SIGNS = "Talk. [[sim: unicode chunk=1 rate=60]]"
CUTS = (3, 12, 30, 60)
FEW = 5


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the page is served."""
    with own_folder() as folder, serve_folder(build_page(folder)) as url:
        yield url


async def test_a_page_whose_line_is_cut_shows_every_token_once(
    watched: Watched, address: str
) -> None:
    run = await watched.started(SIGNS, TALKS)
    url = urlsplit(run.events_url)
    async with cutting_proxy(url.hostname or "", url.port or 0) as proxy:
        base = f"http://127.0.0.1:{proxy.port}{url.path}?{url.query}"
        pages = [await watched.page.context.new_page() for _ in CUTS]
        opened = zip(pages, CUTS, strict=True)
        await asyncio.gather(*(open_page(page, address, f"{base}&cut={k}") for page, k in opened))
        await asyncio.gather(*(shows(page, "completed") for page in pages))
        assert proxy.cuts == {*CUTS}
    outputs = await watched.outputs_of(run, 2)
    for page in pages:
        await assert_only_beginnings(page, outputs)


async def test_a_page_goes_on_when_the_api_is_killed(
    watched: Watched, stack: RunningStack, address: str
) -> None:
    run = await watched.started(LASTING)
    await open_page(watched.page, address, run.events_url)
    await watched.page.locator("pre", has_text=" ").wait_for()
    await stack.kill("api")
    await shows(watched.page, "completed")
    await assert_only_beginnings(watched.page, await watched.outputs_of(run, 1))


async def test_the_page_can_be_used_by_everyone(watched: Watched, address: str) -> None:
    run = await watched.started("Talk. [[sim: text=done rate=0]]")
    await open_page(watched.page, address, run.events_url)
    await shows(watched.page, "completed")
    assert await violations(watched.page) == []


async def shows(page: Page, status: str) -> None:
    """Returns once the page shows the run with this status."""
    await page.get_by_role("status").get_by_text(status, exact=True).wait_for()


async def assert_only_beginnings(page: Page, outputs: list[str]) -> None:
    """Whatever stood in the page was a beginning of what the run put out, at last all of it."""
    noted = await noted_texts(page)
    assert noted[-1] == outputs
    grew = {texts[-1] for texts in noted if len(texts) == len(outputs)}
    assert len(grew) > FEW
    for texts in noted:
        for text, output in zip(texts, outputs, strict=False):
            assert output.startswith(text)
