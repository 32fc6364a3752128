"""Chromium, driven by Playwright, before one stack: one of each for all tests of a test process.

Each test has pages of its own, in contexts that know nothing of each other. As they share a browser
they share the event loop that drives it, so every async fixture here is one of `session_fixture`.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.watched import Watched
from tests.eventually import PATIENCE_SECONDS, eventually_now
from tests.stack import RunningStack, running_stack

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIETLY = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
MISSING = "These tests need Chromium: `apt-get install chromium` on Debian and Ubuntu."

session_fixture = partial(pytest_asyncio.fixture, loop_scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def executable() -> str:
    """Chromium's, without which nothing here is begun."""
    if CHROMIUM is None:
        pytest.exit(MISSING, returncode=1)
    return CHROMIUM


@pytest.fixture(scope="session")
def stack(executable: str) -> Iterator[RunningStack]:
    """A whole stack, simulated model included, whose events pages of any origin may read."""
    with running_stack(environment={"PENSTOCK_CORS_ORIGINS": "*"}) as running:
        # The first user's link is printed while there is nobody else.
        eventually_now(lambda: "#link=" in running.output)
        yield running


@session_fixture(scope="session")
async def chromium(executable: str) -> AsyncIterator[Browser]:
    """A browser without pages."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=QUIETLY)
        yield browser
        await browser.close()


@asynccontextmanager
async def opened_page(chromium: Browser) -> AsyncIterator[Page]:
    """An empty page in a context of its own; at the end no error may have been left to it."""
    context = await chromium.new_context()
    page = await context.new_page()
    page.set_default_timeout(1_000 * PATIENCE_SECONDS)
    errors: list[str] = []
    context.on("weberror", lambda failed: errors.append(str(failed.error)))
    yield page
    await context.close()
    assert not errors


@session_fixture()
async def page(stack: RunningStack, chromium: Browser) -> AsyncIterator[Page]:
    """An empty page for a test alone."""
    async with opened_page(chromium) as opened:
        yield opened


@pytest.fixture
def watched(stack: RunningStack, page: Page) -> Watched:
    """The page to watch with, not opened yet."""
    return Watched(stack, page)
