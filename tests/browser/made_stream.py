"""The page on a stream that a test made, fact by fact."""

from __future__ import annotations

import json

from playwright.async_api import Route

from tests.browser.watched import Watched

Fact = dict[str, object]
BEGUN: list[Fact] = [{"type": "run.requested"}, {"type": "run.started"}]


def step(kind: str, /, **said: object) -> Fact:
    """A fact of the first execution of a step."""
    return {"type": kind, "step": 0, "node": "a", "attempt": 1, "execution": 1, **said}


async def open_on(watched: Watched, facts: list[Fact]) -> None:
    """Opens the page on a made stream: each time all the facts there are, then it is cut."""

    async def tell(route: Route) -> None:
        frames = [
            f"id: {n}\nevent: {fact['type']}\ndata: {json.dumps({**fact, 'run': 'r'})}\n\n"
            for n, fact in enumerate(facts, 1)
        ]
        await route.fulfill(content_type="text/event-stream", body="".join(frames))

    await watched.page.context.route("**/events?ticket=*", tell)
    await watched.page.goto(f"{watched.stack.stack['api_url']}/watch#events=/events?ticket=t")
