"""The nodes of a pipeline's page: how they went last, and what follows where one is changed."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.console.conftest import address
from tests.browser.console.test_editor import TWO, instructions, saved, unsaved
from tests.browser.console.test_pipelines import made
from tests.browser.drawings import agent
from tests.stack import RunningStack


async def test_each_node_shows_how_it_went_last_and_what_changed_since(
    console: Page, stack: RunningStack
) -> None:
    says = "[[sim: text='Rivers run slowly.' rate=0]]"
    poet, critic = agent("poet", f"Write. {says}"), agent("critic", "Judge. [[sim: status=400]]")
    key = await made(stack, "Lately", {"nodes": [poet, critic], "edges": TWO["edges"]})
    await console.goto(address(stack, f"pipelines/{key}"))
    card = console.locator(".react-flow__node", has_text="poet")
    await card.wait_for()
    await expect(console.get_by_text("Last run,")).to_have_count(0)
    async with stack.client() as client:
        run = await client.runs.create(pipeline_id=key, input="go")
    for _ in range(2):
        await console.reload()
        await expect(card.locator(".card-last")).to_contain_text("Rivers run slowly.")
        failed = console.locator(".react-flow__node", has_text="critic").locator(".card-last")
        await failed.get_by_role("img", name="Failed").wait_for()
    await card.click()
    await instructions(console).fill(f"Write more. {says}")
    await expect(card.locator(".card-last")).to_contain_text("changed since")
    await expect(failed).not_to_contain_text("changed since")
    await console.keyboard.press("Control+s")
    await console.get_by_text("Version 2").first.wait_for()
    beside = console.get_by_role("region", name="Last run")
    await expect(beside).to_contain_text("This node was changed after that run.")
    await beside.get_by_role("link", name="Last run").click()
    await console.wait_for_url(f"**/runs/{run.run_id}?step=0")


PICK = {
    "nodes": [
        *TWO["nodes"],
        {
            "id": "pick",
            "type": "condition",
            "data": {
                "branches": [
                    {"handle": "yes", "expression": "nodes.poet.output.contains('x')"},
                    {"handle": "no", "expression": "nodes.poet.output == ''"},
                ]
            },
        },
        {"id": "tell", "type": "template", "data": {"template": "{{nodes.poet.output}}"}},
    ],
    "edges": [
        *TWO["edges"],
        {"source": "critic", "target": "pick"},
        {"source": "pick", "sourceHandle": "yes", "target": "tell"},
        {"source": "pick", "sourceHandle": "else", "target": "tell"},
    ],
}


async def test_a_node_is_renamed_with_all_that_names_it(console: Page, stack: RunningStack) -> None:
    key = await made(stack, "Renamed", PICK)
    await console.goto(address(stack, f"pipelines/{key}?node=poet"))
    name = console.get_by_label("Name in placeholders")
    await name.fill("critic")
    await name.press("Enter")
    await console.get_by_role("alert").filter(has_text="Another node has that name.").wait_for()
    await name.fill("bard")
    await name.press("Enter")
    await console.wait_for_url("**?node=bard")
    await console.reload()
    await console.get_by_role("button", name="Back to poet").click()
    await expect(unsaved(console)).to_have_count(0)
    await name.fill("bard")
    await name.press("Enter")
    await console.keyboard.press("Control+s")
    await console.get_by_text("Version 2").first.wait_for()
    await expect(unsaved(console)).to_have_count(0)
    data = await saved(stack, key)
    assert [*data] == ["bard", "critic", "pick", "tell"]
    assert data["tell"]["template"] == "{{nodes.bard.output}}"
    async with stack.http() as http:
        assert (await http.get(f"pipelines/{key}")).json()["problems"] == []


async def test_a_branch_goes_with_its_edges(console: Page, stack: RunningStack) -> None:
    key = await made(stack, "Branch gone", PICK)
    await console.goto(address(stack, f"pipelines/{key}?node=pick"))
    await console.get_by_role("button", name="Remove yes").click()
    await console.get_by_text("The edge of what you removed goes with it.").wait_for()
    await console.get_by_role("button", name="Undo").click()
    await expect(unsaved(console)).to_have_count(0)
    await console.get_by_role("button", name="Remove yes").click()
    await console.keyboard.press("Control+s")
    await console.get_by_text("Version 2").first.wait_for()
    await expect(unsaved(console)).to_have_count(0)
    async with stack.http() as http:
        pipeline = (await http.get(f"pipelines/{key}")).json()
    left = [(edge["source"], edge.get("sourceHandle")) for edge in pipeline["flow"]["edges"]]
    assert left == [("poet", None), ("critic", None), ("pick", "else")]
    assert pipeline["problems"] == []
