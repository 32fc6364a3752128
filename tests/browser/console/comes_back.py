"""A page of a run through reloads, restarts of the api and an outage: its last picture is the same.

    python -m tests.browser.console.comes_back [--reloads 50] [--restarts 10] [--seconds 60]

prints what was done, how long the page took to go on, and whether its view at the end is, byte for
byte, that of a page that was opened when all was over, and the output that stands in it too. The
run ends when all that was done: until then it waits for a decision, if it has said all it has to
say.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from contextlib import aclosing
from dataclasses import dataclass, field

from playwright.async_api import Error as BrowserError
from playwright.async_api import Page, async_playwright

from tests.browser.conftest import CHROMIUM, QUIETLY
from tests.browser.console.conftest import (
    WORKSPACE,
    address,
    build_console,
    make_user,
    sign_in,
    start_run,
)
from tests.browser.console.outage import Outage, outage_before
from tests.browser.console.seen import ended, line_of, outputs, seen
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.stack import RunningStack, running_stack

OK = 1
FLOW = {
    "nodes": [
        {
            "id": "talks",
            "type": "agent",
            "data": {"instructions": "Talk. [[sim: words=1000 rate=25 thinking=40]]"},
        },
        {"id": "ok", "type": "approval", "data": {"prompt": "Enough?"}},
        {
            "id": "ends",
            "type": "agent",
            "data": {"instructions": "End. [[sim: words=40 rate=40]]"},
        },
    ],
    "edges": [
        {"source": "talks", "target": "ok"},
        {"source": "ok", "target": "ends", "sourceHandle": "approved"},
    ],
}


@dataclass(frozen=True)
class Plan:
    """How often what happens to the page, and for how long there is no network."""

    reloads: int = 5
    restarts: int = 2
    offline_seconds: float = 4


@dataclass
class Came:
    """What was done, the longest the page took to go on after it, and the view at the end."""

    reloads: int = 0
    restarts: int = 0
    offline_seconds: float = 0
    back_seconds: dict[str, float] = field(default_factory=dict)
    view: str = ""
    undisturbed: str = ""
    shown: str = ""
    undisturbed_shown: str = ""

    @property
    def is_same(self) -> bool:
        """Whether what the page made of the run, and what stands in it, is as in any other."""
        return (self.view, self.shown) == (self.undisturbed, self.undisturbed_shown)


class Disturbed:
    """One page of one run, seen through a network that fails."""

    def __init__(
        self, page: Page, stack: RunningStack, outage: Outage, reader: Undisturbed
    ) -> None:
        self._page, self._stack, self._outage, self._reader = page, stack, outage, reader
        self.came = Came()

    async def go_through(self, run: str, plan: Plan) -> None:
        """Does all of the plan in the middle of the run; then lets it end."""
        await self._page.goto(f"{self._outage.url}/w/{WORKSPACE}/runs/{run}")
        await self._goes_on("opened")
        each = plan.reloads // (plan.restarts + 1)
        for _ in range(plan.restarts):
            await self._reload(each)
            await self._stack.kill("api")
            await eventually(self._is_lost)
            await self._goes_on("restart")
            self.came.restarts += 1
        await self._reload(plan.reloads - self.came.reloads)
        await self._lose_network(plan.offline_seconds)
        await self._let_end(run)
        self.came.view = await ended(self._page)
        self.came.shown = await outputs(self._page)

    async def _reload(self, times: int) -> None:
        for _ in range(times):
            await eventually(self._is_loaded_again)
            await self._goes_on("reload")
            self.came.reloads += 1

    async def _is_loaded_again(self) -> bool:
        try:
            answer = await self._page.reload(wait_until="commit")
        except BrowserError:
            return False  # the api was away
        return answer is not None and answer.ok

    async def _lose_network(self, seconds: float) -> None:
        self._outage.begin()
        await self._page.context.set_offline(True)
        until = time.monotonic() + seconds
        await eventually(lambda: time.monotonic() > until)
        assert await self._is_lost()
        self._outage.end()
        await self._page.context.set_offline(False)
        self.came.offline_seconds += seconds
        await self._goes_on("outage")

    async def _goes_on(self, after: str) -> None:
        """Returns once the page is live and has all that an undisturbed reader had by then."""
        began, wanted = time.monotonic(), self._reader.last_id

        async def has_it() -> bool:
            view = await seen(self._page)
            is_told = view is not None and view["lastId"] >= wanted
            return is_told and await line_of(self._page) == "Live"

        await eventually(has_it)
        took = time.monotonic() - began
        self.came.back_seconds[after] = max(took, self.came.back_seconds.get(after, 0))

    async def _is_lost(self) -> bool:
        return (await line_of(self._page)).startswith("Connection lost")

    async def _let_end(self, run: str) -> None:
        """Approves, once it is asked."""

        async def is_asked() -> bool:
            view = await seen(self._page)
            steps = view["steps"] if view else []
            assert view is None or view["phase"] == "running"
            return len(steps) > OK and steps[OK] is not None and steps[OK]["status"] == "waiting"

        await eventually(is_asked)
        async with self._stack.client() as client:
            await client.runs.decide(run, OK, "approve")


class Undisturbed:
    """A reader of the same run beside the page; `last_id` is of the last event it was told."""

    def __init__(self, stack: RunningStack, run: str) -> None:
        self._stack, self._run = stack, run
        self.last_id = 0

    async def read(self) -> None:
        """To the end of the run."""
        async with self._stack.client() as client, aclosing(client.runs.events(self._run)) as told:
            async for event in told:
                self.last_id = event.id


async def go_through(page: Page, stack: RunningStack, plan: Plan) -> Came:
    """Opens a run in the page, and does all of the plan to it; the page has signed in."""
    run = (await start_run(stack, flow=FLOW)).run_id
    reader = Undisturbed(stack, run)
    reading = asyncio.create_task(reader.read())
    async with outage_before(stack.stack["api_url"]) as outage:
        disturbed = Disturbed(page, stack, outage, reader)
        try:
            await disturbed.go_through(run, plan)
            await reading
        finally:
            reading.cancel()
        fresh = await page.context.new_page()
        await fresh.goto(address(stack, f"runs/{run}"))
        disturbed.came.undisturbed = await ended(fresh)
        disturbed.came.undisturbed_shown = await outputs(fresh)
    return disturbed.came


async def measure(plan: Plan) -> int:
    """Does it on a stack of its own, and prints what came; how many views differ."""
    with running_stack() as stack:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIETLY)
            page = await (await browser.new_context()).new_page()
            page.set_default_timeout(1_000 * PATIENCE_SECONDS)
            await sign_in(page.context, stack, make_user(stack, "admin"))
            came = await go_through(page, stack, plan)
            await browser.close()
    back = ", ".join(f"{name} {took:.1f} s" for name, took in came.back_seconds.items())
    sys.stdout.write(
        f"{came.reloads} reloads, {came.restarts} restarts of the api, no network for "
        f"{came.offline_seconds:.0f} s\n  longest until it went on: {back}\n"
        f"  view at the end: {len(came.view)} bytes, output: {len(came.shown)} characters, "
        f"{'the same' if came.is_same else 'NOT the same'} as in an undisturbed page\n"
    )
    return 0 if came.is_same else 1


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.console.comes_back")
    parser.add_argument("--reloads", type=int, default=50)
    parser.add_argument("--restarts", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    build_console()
    sys.exit(asyncio.run(measure(Plan(asked.reloads, asked.restarts, asked.seconds))))


if __name__ == "__main__":
    main()
