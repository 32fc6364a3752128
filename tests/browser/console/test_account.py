"""Keys, people and tokens, as an admin of a workspace sets them."""

from __future__ import annotations

import secrets

from playwright.async_api import Page

from tests.browser.axe import violations
from tests.browser.console.conftest import address
from tests.stack import RunningStack

PARTS = ("keys", "secrets", "people", "tokens", "usage", "limits", "audit", "me")


async def test_a_token_is_shown_once_and_revoked(console: Page, stack: RunningStack) -> None:
    name = f"ci-{secrets.token_hex(3)}"
    await console.goto(address(stack, "account?part=tokens"))
    await console.get_by_role("button", name="Make a token").click()
    await console.get_by_label("Name").fill(name)
    await console.keyboard.press("Enter")
    token = await console.get_by_label("Token", exact=True).input_value()
    assert token.startswith("pst_")
    await console.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    row = console.get_by_role("row").filter(has_text=name)
    await row.get_by_role("button", name="Revoke").click()
    await console.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await row.filter(has_text="revoked").wait_for()
    assert token not in await console.content()


async def test_a_secret_is_set_and_never_shown(console: Page, stack: RunningStack) -> None:
    name = f"S{secrets.token_hex(3)}"
    await console.goto(address(stack, "account?part=secrets"))
    await console.get_by_role("button", name="Set a secret").click()
    await console.get_by_label("Name").fill(name)
    await console.get_by_label("Value").fill("what nobody else knows")
    await console.get_by_role("button", name="Save").click()
    row = console.get_by_role("row").filter(has_text=name)
    await row.wait_for()
    assert "what nobody else knows" not in await console.content()
    await row.get_by_role("button", name="Remove").click()
    await console.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await row.wait_for(state="detached")


async def test_anybody_can_read_every_part(console: Page, stack: RunningStack) -> None:
    for part in PARTS:
        scheme = "dark" if PARTS.index(part) % 2 else "light"
        await console.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await console.goto(address(stack, f"account?part={part}"))
        await console.locator("section h2").first.wait_for()
        assert await violations(console) == [], part
