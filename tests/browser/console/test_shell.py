"""The frame of every page: the palette, the keys, the look, who may what."""

from __future__ import annotations

import secrets

from playwright.async_api import Page, expect

from tests.browser.axe import violations
from tests.browser.console.conftest import Person, address
from tests.stack import RunningStack

# The field names the item it would take, a moment after those that are found have come.
NAMED = """() => {
  const named = document.activeElement.getAttribute("aria-activedescendant");
  return named !== null && document.getElementById(named) !== null;
}"""


async def test_by_keyboard_alone_one_goes_anywhere(
    console: Page, stack: RunningStack, admin: Person
) -> None:
    await console.goto(address(stack, "runs"))
    await console.get_by_role("heading", name="Runs").wait_for()
    await console.keyboard.press("Control+k")
    await console.get_by_role("searchbox", name="Search or run a command…").wait_for()
    await console.keyboard.type("nothing-is-called-so")
    await console.get_by_text("Search for pages").wait_for()
    await console.keyboard.press("Control+a")
    await console.keyboard.type(admin.email)
    await console.get_by_role("menuitem", name=admin.name).first.wait_for()
    await console.keyboard.press("Control+a")
    await console.keyboard.type("system")
    await console.get_by_role("menuitem", name="System").first.wait_for()
    await console.wait_for_function(NAMED)
    assert await violations(console) == []
    await console.keyboard.press("Enter")
    await console.wait_for_url("**/w/default/system")
    await console.get_by_role("heading", name="Why runs wait").wait_for()
    await console.keyboard.press("g")
    await console.keyboard.press("a")
    await console.wait_for_url("**/w/default/approvals")
    await console.keyboard.press("?")
    await console.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
    await console.keyboard.press("Escape")
    await expect(console.get_by_role("dialog")).to_have_count(0)


async def test_an_agent_or_tool_is_found_by_its_name_and_restored(
    console: Page, stack: RunningStack
) -> None:
    name = f"a-{secrets.token_hex(4)}"
    async with stack.http() as http:
        await http.post("agents", json={"name": name, "instructions": "Say it."})
        how = {"input_schema": {"type": "object"}, "nats": {"timeout_seconds": 30}}
        tool = {"name": name, "description": "It finds.", "kind": "nats", **how}
        assert (await http.post("tools", json=tool)).is_success
    for group in ("Agents", "Tools"):
        await console.goto(address(stack, "runs"))
        await console.get_by_role("heading", name="Runs").wait_for()
        await console.keyboard.press("Control+k")
        await console.keyboard.type(name)
        found = console.get_by_role("group", name=group).get_by_role("menuitem", name=name)
        await found.click()
        await console.get_by_role("heading", name=name).wait_for()
    here = console.url
    await console.get_by_role("button", name="Delete").click()
    await console.wait_for_url(lambda url: "id=" not in url)
    await console.goto(here)
    await console.get_by_text("This tool is not here").wait_for()
    assert "POST" not in await console.locator("main").inner_text()
    assert await violations(console) == []
    await console.get_by_role("button", name="Restore").click()
    await console.get_by_role("heading", name=name).wait_for()


async def test_the_look_is_kept(console: Page, stack: RunningStack) -> None:
    await console.goto(address(stack, "runs"))
    await console.get_by_role("button", name="Workspace:").click()
    await console.get_by_role("menuitem", name="Dark").click()
    dark = console.locator("html[data-theme=dark]")
    await dark.wait_for()
    await console.reload()
    await dark.wait_for()


async def test_a_viewer_sees_what_they_may_not_do_greyed(viewer: Page, stack: RunningStack) -> None:
    await viewer.goto(address(stack, "runs"))
    await expect(viewer.get_by_role("button", name="Stop all…")).to_be_disabled()
    await viewer.goto(address(stack, "account"))
    await viewer.get_by_text("Only admins of the workspace can do this.").first.wait_for()
    await viewer.goto(address(stack, "approvals"))
    await viewer.get_by_text("Only members and admins can decide.").wait_for()
