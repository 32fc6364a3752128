"""What a browser loads to watch a run."""

from __future__ import annotations

import gzip

from playwright.async_api import Page

from tests.architecture.source import ROOT
from tests.browser.console.conftest import address, start_run
from tests.eventually import eventually
from tests.stack import RunningStack

ASSETS = ROOT / "web" / "dist" / "assets"
MOST_KB = 350
# The stream's worker, what reads Markdown, what lays a flow out: none of them is left out.
PARTS = {"worker", "Formatted", "byDagre"}


async def test_the_scripts_of_a_runs_page_stay_within_their_weight(
    console: Page, stack: RunningStack
) -> None:
    loaded: set[str] = set()
    console.context.on("request", lambda asked: loaded.add(asked.url.rpartition("/")[2]))
    run = await start_run(stack, "Say. [[sim: text='**bold** words']]")
    await console.goto(address(stack, f"runs/{run.run_id}"))
    await console.get_by_text("Completed").first.wait_for()
    await console.locator(".markdown strong").first.wait_for()
    await eventually(
        lambda: all(any(name.startswith(f"{part}-") for name in loaded) for part in PARTS)
    )
    scripts = {name for name in loaded if name.endswith(".js")}
    weights = {name: len(gzip.compress((ASSETS / name).read_bytes())) / 1000 for name in scripts}
    assert sum(weights.values()) < MOST_KB, weights
