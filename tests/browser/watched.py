"""The page to watch with, as a person sees it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from penstock_client.run_results import Accepted
from playwright.async_api import Locator, Page

from tests.eventually import eventually
from tests.stack import RunningStack

Role = Literal["button", "link", "alert"]


@dataclass
class Watched:
    """One page on one stack; a step is asked for by its number."""

    stack: RunningStack
    page: Page

    def address(self, run: Accepted) -> str:
        """Where a person opens the page on this run."""
        return f"{self.stack.stack['api_url']}/watch#events={run.events_url}"

    async def start(self, *instructions: str, input: str = "go", **data: object) -> Accepted:
        """A run of agents, one after the other, open in the page; `data` is for each of them."""
        run = await self.started(*instructions, input=input, **data)
        await self.page.goto(self.address(run))
        return run

    async def started(self, *instructions: str, input: str = "go", **data: object) -> Accepted:
        """The same, not open yet."""
        nodes = [
            {"id": f"agent-{n}", "type": "agent", "data": {"instructions": each, **data}}
            for n, each in enumerate(instructions)
        ]
        edges = [{"source": a["id"], "target": b["id"]} for a, b in pairwise(nodes)]
        async with self.stack.client() as client:
            return await client.runs.create(flow={"nodes": nodes, "edges": edges}, input=input)

    async def outputs_of(self, run: Accepted, steps: int) -> list[str]:
        """What the first so many steps put out, as the api tells it."""
        async with self.stack.client() as client:
            return [await client.runs.output(run.run_id, step) for step in range(steps)]

    def step(self, number: int, part: str = "") -> Locator:
        """The card of a step, or a part of it."""
        return self.page.locator(f"#step-{number} {part}".strip())

    async def show_raw(self) -> None:
        """Returns once texts are shown to the letter, not as Markdown."""
        toggle = self.page.locator("#raw")
        if await toggle.is_visible() and await toggle.get_attribute("aria-pressed") == "false":
            await toggle.click()
            formatted = self.page.locator("#steps .words:not(.raw):visible")
            await formatted.first.wait_for(state="hidden")

    async def words(self, number: int) -> str:
        """The words of a step, to the letter."""
        await self.show_raw()
        place = self.step(number, ".words")
        return (await place.text_content() or "") if await place.is_visible() else ""

    async def says_more_than(self, number: int, length: int) -> None:
        """Returns once a step has said so much."""

        async def longer() -> bool:
            return len(await self.words(number)) > length

        await eventually(longer)

    async def comes_to(self, status: str) -> None:
        """Returns once the run is shown with this status."""
        await self.page.locator(f"#status[data-status={status}]").wait_for()

    async def focuses(self, element: str) -> None:
        """Returns once the keyboard speaks to the element of this id."""
        await self.page.locator(f"#{element}:focus").wait_for()

    def named(self, role: Role, name: str) -> Locator:
        """What a person, or a screen reader, finds under this name."""
        return self.page.get_by_role(role, name=name, exact=True)

    async def notice(self) -> str:
        """What the page has to tell, once it has."""
        place = self.page.locator("#notice:visible")
        await place.wait_for()
        return await place.inner_text()
