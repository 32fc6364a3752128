"""Chromium, driven by Playwright, before one stack for all tests of a test process."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Page, async_playwright

from tests.browser.watched import Watched
from tests.eventually import PATIENCE_SECONDS, eventually_now
from tests.stack import RunningStack, running_stack

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIETLY = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
MISSING = "These tests need Chromium: `apt-get install chromium` on Debian and Ubuntu."


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    """A whole stack, simulated model included, whose events pages of any origin may read."""
    if CHROMIUM is None:
        pytest.exit(MISSING, returncode=1)
    with running_stack(environment={"PENSTOCK_CORS_ORIGINS": "*"}) as running:
        # The first user's link is printed while there is nobody else.
        eventually_now(lambda: "#link=" in running.output)
        yield running


@pytest.fixture
async def page(stack: RunningStack) -> AsyncIterator[Page]:
    """An empty page in a browser of its own; at the end no error may have been left to it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIETLY)
        opened = await (await browser.new_context()).new_page()
        opened.set_default_timeout(1_000 * PATIENCE_SECONDS)
        errors: list[str] = []
        opened.context.on("weberror", lambda failed: errors.append(str(failed.error)))
        yield opened
        await browser.close()
    assert not errors


@pytest.fixture
def watched(stack: RunningStack, page: Page) -> Watched:
    """The page to watch with, not opened yet."""
    return Watched(stack, page)
