"""A pipeline's page, and those of agents and tools: edited, saved, compared, never lost."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.axe import violations
from tests.browser.console.conftest import address
from tests.browser.console.test_pipelines import made
from tests.browser.drawings import agent
from tests.eventually import eventually
from tests.integration.api.people import PASSWORD
from tests.stack import RunningStack

TWO = {
    "nodes": [agent("poet", "Write for {{audience}}.", label="Poet"), agent("critic", "Judge it.")],
    "edges": [{"source": "poet", "target": "critic"}],
}


def instructions(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Instructions")


def unsaved(page: Page) -> Locator:
    return page.get_by_role("region", name="changes are not saved")


async def saved(stack: RunningStack, key: str) -> dict[str, Any]:
    """The data of each node, as it is saved."""
    async with stack.http() as http:
        flow = (await http.get(f"pipelines/{key}")).json()["flow"]
    return {node["id"]: node["data"] for node in flow["nodes"]}


async def test_two_tabs_never_write_over_each_other(console: Page, stack: RunningStack) -> None:
    key = await made(stack, "Two tabs", TWO)
    other = await console.context.new_page()
    for page in (console, other):
        await page.goto(address(stack, f"pipelines/{key}?node=poet"))
        await instructions(page).wait_for()
    await instructions(console).fill("Mine.")
    await console.get_by_label("Label").fill("My poet")
    await instructions(other).fill("Theirs.")
    await other.get_by_role("button", name="Save", exact=True).click()
    await other.get_by_text("Version 2").first.wait_for()
    await console.keyboard.press("Control+s")
    dialog = console.get_by_role("dialog", name="Somebody else saved in the meantime")
    text = dialog.get_by_role("group", name="Poet: Instructions")
    await expect(text).to_contain_text("Mine.")
    await expect(text).to_contain_text("Theirs.")
    assert (await saved(stack, key))["poet"]["instructions"] == "Theirs."
    await text.get_by_label("Theirs").first.check()
    await dialog.get_by_role("button", name="Save selection").click()
    await console.get_by_text("Version 3").first.wait_for()
    poet = (await saved(stack, key))["poet"]
    assert (poet["label"], poet["instructions"]) == ("My poet", "Theirs.")
    await expect(unsaved(console)).to_have_count(0)


async def test_what_others_did_meanwhile_loses_nothing(console: Page, stack: RunningStack) -> None:
    key = await made(stack, "Taken away", TWO)
    await console.goto(address(stack, f"pipelines/{key}?node=poet"))
    await instructions(console).fill("Mine to keep.")
    async with stack.http() as http:
        body = {"name": "Without a poet", "flow": {"nodes": TWO["nodes"][1:], "edges": []}}
        (await http.put(f"pipelines/{key}", json=body)).raise_for_status()
        await console.keyboard.press("Control+s")
        dialog = console.get_by_role("dialog", name="Somebody else saved in the meantime")
        mine = dialog.get_by_role("group", name="Poet: Instructions")
        await expect(mine).to_contain_text("Mine to keep.")
        await expect(mine).to_contain_text("Others took the node away.")
        await dialog.get_by_role("button", name="Save selection").click()
        await console.get_by_text("Without a poet").wait_for()
        bar = unsaved(console)
        await expect(bar).to_have_count(0)
        await console.get_by_label("Name").fill("Mine too")
        (await http.delete(f"pipelines/{key}")).raise_for_status()
        await console.keyboard.press("Control+s")
        await expect(bar).to_contain_text("Somebody deleted this meanwhile.")
        await console.reload()
        await console.get_by_text("are kept in this browser").wait_for()
        await console.get_by_role("button", name="Restore").click()
        await expect(console.get_by_label("Name")).to_have_value("Mine too")
        (await http.delete(f"pipelines/{key}")).raise_for_status()
        await console.keyboard.press("Control+s")
        await bar.get_by_role("button", name="Restore and save").click()
        await expect(bar).to_have_count(0)
        assert (await http.get(f"pipelines/{key}")).json()["name"] == "Mine too"


async def test_it_is_saved_once_the_person_is_in_again_and_the_api_is_back(
    console: Page, stack: RunningStack
) -> None:
    key = await made(stack, "Away", TWO)
    await console.goto(address(stack, f"pipelines/{key}?node=poet"))
    await instructions(console).fill("Typed while signed out.")
    # Another tab ends the session.
    await console.evaluate("fetch('/api/v1/session', { method: 'DELETE' })")
    await console.keyboard.press("Control+s")
    dialog = console.get_by_role("dialog", name="Your session has expired")
    await dialog.get_by_label("Password").fill(PASSWORD)
    await dialog.get_by_role("button", name="Sign in").click()
    await console.get_by_text("Version 2").first.wait_for()
    assert (await saved(stack, key))["poet"]["instructions"] == "Typed while signed out."
    await console.context.set_offline(True)
    await instructions(console).fill("Typed while it was away.")
    await console.keyboard.press("Control+s")
    bar = unsaved(console)
    await expect(bar).to_contain_text("saved as soon as Penstock answers")
    await expect(instructions(console)).to_contain_text("Typed while it was away.")
    await console.context.set_offline(False)
    await console.get_by_text("Version 3").first.wait_for()
    assert (await saved(stack, key))["poet"]["instructions"] == "Typed while it was away."


async def test_nothing_typed_is_lost(console: Page, stack: RunningStack) -> None:
    key = await made(stack, "Kept", TWO)
    await console.goto(address(stack, f"pipelines/{key}?node=poet"))
    await instructions(console).fill("Not saved yet, {{nobody}}.")
    await console.reload()
    await expect(instructions(console)).to_contain_text("Not saved yet")
    await console.get_by_role("link", name="Runs").click()
    await console.goto(address(stack, f"pipelines/{key}?node=poet"))
    await expect(instructions(console)).to_contain_text("Not saved yet")
    await console.get_by_role("button", name="Show what changed").click()
    await console.locator(".cm-deletedChunk").filter(has_text="Write for").wait_for()
    await console.get_by_role("button", name="Discard").click()
    await expect(instructions(console)).to_contain_text("Write for")
    assert (await saved(stack, key)) == {node["id"]: node["data"] for node in TWO["nodes"]}


async def test_edges_go_with_a_branch_that_is_renamed(console: Page, stack: RunningStack) -> None:
    branches = [{"handle": "yes", "expression": "true"}, {"handle": "no", "expression": "false"}]
    nodes = [{"id": "pick", "type": "condition", "data": {"branches": branches}}, *TWO["nodes"]]
    edges = [
        {"source": "pick", "sourceHandle": "yes", "target": "poet"},
        {"source": "pick", "sourceHandle": "no", "target": "critic"},
    ]
    key = await made(stack, "Branches", {"nodes": nodes, "edges": edges})
    await console.goto(address(stack, f"pipelines/{key}?node=pick"))
    branch = console.get_by_label("Branch", exact=True).first
    await branch.fill("no")
    await branch.press("Enter")
    await console.get_by_role("alert").filter(has_text="Another way is called so.").wait_for()
    await branch.fill("good")
    await console.keyboard.press("Control+s")
    await console.get_by_text("Version 2").first.wait_for()
    async with stack.http() as http:
        pipeline = (await http.get(f"pipelines/{key}")).json()
    assert [edge["sourceHandle"] for edge in pipeline["flow"]["edges"]] == ["good", "no"]
    assert pipeline["problems"] == []


async def test_every_setting_of_the_api_has_its_place_and_its_words(
    console: Page, stack: RunningStack
) -> None:
    flow = {"nodes": [agent("a", "x", odd={"kept": True}, label="A")], "edges": []}
    key = await made(stack, "All settings", flow)
    async with stack.http() as http:
        described = (await http.get(f"{stack.stack['api_url']}/openapi.json")).json()
    settings = {*described["components"]["schemas"]["AgentBody"]["properties"]}
    await console.goto(address(stack, f"pipelines/{key}?node=a"))
    await console.get_by_text("More settings").click()
    shown = await console.locator("[data-setting]").evaluate_all(
        "all => all.map(each => [each.dataset.setting, each.dataset.about.length > 10])"
    )
    assert {name for name, _ in shown} == settings - {"name", "tags", "note"}
    assert all(has_words for _, has_words in shown)
    await console.get_by_role("textbox", name="odd").wait_for()
    await console.get_by_label("Turn limit").fill("7")
    await console.get_by_label("Effort").select_option("low")
    await console.get_by_role("button", name="Save", exact=True).click()
    await console.get_by_text("Version 2").first.wait_for()
    data = (await saved(stack, key))["a"]
    kept = {"instructions": "x", "label": "A", "odd": {"kept": True}}
    assert data == {**kept, "max_turns": 7, "effort": "low"}


async def test_versions_are_compared_restored_and_named_by_aliases(
    console: Page, stack: RunningStack
) -> None:
    key = await made(stack, "Versions", TWO)
    changed = {**TWO, "nodes": [TWO["nodes"][0], agent("critic", "Judge it kindly.")]}
    async with stack.http() as http:
        body = {"name": "Versions", "flow": changed, "note": "Less harsh."}
        (await http.put(f"pipelines/{key}", json=body)).raise_for_status()
    await console.goto(address(stack, f"pipelines/{key}?panel=versions"))
    await console.get_by_text("Less harsh.").wait_for()
    await console.get_by_role("button", name="Version 2", exact=True).click()
    await console.locator(".card.is-changed").filter(has_text="critic").wait_for()
    await console.locator(".diff-is").filter(has_text="kindly").wait_for()
    await console.get_by_label("New alias").fill("prod")
    await console.get_by_role("button", name="Set to latest").click()
    await console.get_by_label("prod", exact=True).select_option("1")
    await console.get_by_role("button", name="Version 1", exact=True).click()
    await console.get_by_role("button", name="Restore").click()
    await console.get_by_text("Version 3").first.wait_for()
    assert (await saved(stack, key))["critic"]["instructions"] == "Judge it."


async def test_a_node_is_reached_and_edited_by_keyboard_alone(
    console: Page, stack: RunningStack
) -> None:
    key = await made(stack, "Keys", TWO)
    await console.goto(address(stack, f"pipelines/{key}"))
    await console.locator(".react-flow__node", has_text="Poet").wait_for()

    async def is_there() -> bool:
        await console.keyboard.press("Tab")
        at_node = "document.activeElement?.classList.contains('react-flow__node')"
        return bool(await console.evaluate(at_node))

    await eventually(is_there)
    await console.keyboard.press("Enter")
    await console.get_by_role("heading", name="Poet").wait_for()
    await console.get_by_label("Label").focus()
    await console.keyboard.press("End")
    await console.keyboard.type(" laureate")
    await console.keyboard.press("Control+s")
    await console.get_by_text("Version 2").first.wait_for()
    assert (await saved(stack, key))["poet"]["label"] == "Poet laureate"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_anybody_can_use_it(console: Page, stack: RunningStack, scheme: str) -> None:
    key = await made(stack, "Looks", TWO)
    await console.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for place in ("?node=poet", "?panel=versions", ""):
        await console.goto(address(stack, f"pipelines/{key}{place}"))
        await console.locator(".card").first.wait_for()
        await console.get_by_role("complementary").get_by_role("heading").first.wait_for()
        assert await violations(console) == []
    await console.goto(address(stack, "agents"))
    await console.get_by_role("heading", name="Agents and tools").wait_for()
    assert await violations(console) == []
    await console.get_by_role("button", name="Tools", exact=True).click()
    await console.get_by_role("button", name="New tool").click()
    await console.locator(".cm-content").first.wait_for()
    assert await violations(console) == []
