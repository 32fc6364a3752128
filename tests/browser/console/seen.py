"""What a page of the console has made of the run it shows, as its reducer says."""

from __future__ import annotations

import json
from typing import Any

from playwright.async_api import Page

from tests.eventually import eventually

VIEW = "window.__penstockView?.() ?? null"
ENDED = ("completed", "failed", "cancelled")


async def seen(page: Page) -> dict[str, Any] | None:
    """The view of the run; None before the page has opened its stream."""
    text = await page.evaluate(VIEW)
    found: dict[str, Any] | None = json.loads(text) if text else None
    return found


async def words(page: Page, step: int = 0) -> str:
    """What a step has said so far."""
    view = await seen(page)
    steps = view["steps"] if view else []
    return str(steps[step]["words"]["text"]) if step < len(steps) and steps[step] else ""


async def says_more_than(page: Page, length: int, step: int = 0) -> int:
    """How much a step has said, once that is more than `length`."""

    async def more() -> int | None:
        said = len(await words(page, step))
        return said if said > length else None

    return await eventually(more)


async def ended(page: Page) -> str:
    """The view as canonical JSON, once the run is over in it."""

    async def is_over() -> bool:
        view = await seen(page)
        return view is not None and view["phase"] in ENDED

    await eventually(is_over)
    return str(await page.evaluate(VIEW))


async def line_of(page: Page) -> str:
    """What the page says of its line to the api; an empty text before it says anything."""
    lines = await page.locator(".run-line").all_inner_texts()
    return lines[0].strip() if lines else ""


async def outputs(page: Page) -> str:
    """What a page of a run that is over shows as its output, as text, once Markdown is read."""
    await page.locator(".run-output .markdown > div").first.wait_for()
    return "\n".join(await page.locator(".run-output").all_inner_texts())
