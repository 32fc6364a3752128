"""The page of a run whose flow has many steps."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.console.conftest import start_run
from tests.browser.console.test_run import comes_to, node, opened
from tests.stack import RunningStack

MANY = 400
MADE = """() => {
  const count = () => document.querySelectorAll(".run-node").length;
  window.made = count();
  const watch = { subtree: true, childList: true };
  new MutationObserver(() => { window.made = Math.max(window.made, count()); })
    .observe(document.querySelector(".run"), watch);
}"""


async def test_of_many_steps_only_those_in_sight_are_made_whatever_opens(
    console: Page, stack: RunningStack
) -> None:
    nodes = [
        {"id": f"row-{n}", "type": "template", "data": {"template": "{{input}}"}}
        for n in range(MANY)
    ]
    edges = [
        {"source": a["id"], "target": b["id"]} for a, b in zip(nodes, nodes[20:], strict=False)
    ]
    run = await start_run(stack, flow={"nodes": nodes, "edges": edges})
    await opened(console, stack, run, f"?step={MANY // 2}")
    await comes_to(console, "Completed")
    await node(console, f"row-{MANY // 2}").wait_for()
    await console.evaluate(MADE)
    await console.get_by_role("tab", name="Facts").click()
    await console.get_by_role("listbox", name="Facts").wait_for()
    await expect(node(console, f"row-{MANY // 2}")).to_be_in_viewport()
    await console.get_by_role("button", name="Fit").click()
    await expect(console.locator(".run-node")).to_have_count(0)
    assert await console.evaluate("window.made") < MANY // 4
