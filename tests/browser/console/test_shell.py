"""The frame of every page: the palette, the keys, the look, who may what."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.axe import violations
from tests.browser.console.conftest import Person, address
from tests.stack import RunningStack


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
