"""Keys, people and tokens, as an admin of a workspace sets them."""

from __future__ import annotations

import secrets

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import violations
from tests.browser.console.conftest import Person, address, make_user, sign_in
from tests.integration.api.people import PASSWORD
from tests.stack import RunningStack

PARTS = {
    "keys": "Set a key",
    "secrets": "Set a secret",
    "people": "Invite somebody",
    "tokens": "Make a token",
    **dict.fromkeys(("usage", "limits", "audit", "me", "users")),
}


async def test_a_token_is_shown_once_and_revoked(
    console: Page, stack: RunningStack, admin: Person
) -> None:
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
    made = console.locator(f"tr:has-text('{name}') [title='{admin.id}']")
    await expect(made).to_have_text(admin.name)


async def test_a_secret_is_set_and_never_shown(console: Page, stack: RunningStack) -> None:
    name = f"S{secrets.token_hex(3)}"
    await console.goto(address(stack, "account?part=secrets"))
    await console.get_by_role("button", name="Set a secret").click()
    await console.get_by_label("Name").fill(name)
    await console.get_by_label("Value").fill("what nobody else knows")
    await console.context.clear_cookies()
    await console.get_by_role("button", name="Save").click()
    await console.get_by_label("Password").fill(PASSWORD)
    await console.get_by_role("button", name="Sign in").click()
    await expect(console.get_by_role("dialog")).to_have_count(1)
    await expect(console.get_by_role("alert")).to_have_count(0)
    await console.get_by_role("button", name="Save").click()
    row = console.get_by_role("row").filter(has_text=name)
    await row.wait_for()
    assert "what nobody else knows" not in await console.content()
    await row.get_by_role("button", name="Remove").click()
    await console.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await row.wait_for(state="detached")


async def test_who_runs_the_installation_sets_limits_and_adds_people(
    console: Page, stack: RunningStack
) -> None:
    ruler, leaver = make_user(stack, "admin"), make_user(stack, "admin")
    slug, token = f"w-{secrets.token_hex(4)}", f"left-{secrets.token_hex(3)}"
    async with stack.http() as http:
        body = {"is_instance_admin": True}
        await http.put(f"users/{ruler.id}/instance-admin", json=body)
        await http.post("workspaces", json={"slug": slug, "name": slug})
    await sign_in(console.context, stack, leaver)
    await console.goto(address(stack, "account?part=tokens"))
    await console.get_by_role("button", name="Make a token").click()
    await console.get_by_label("Name").fill(token)
    await console.keyboard.press("Enter")
    await console.get_by_label("Token", exact=True).wait_for()
    await sign_in(console.context, stack, ruler)
    await console.goto(address(stack, "account?part=workspaces"))
    await console.get_by_role("button", name=f"Limits: {slug}").click()
    await console.get_by_label("Active runs").fill("none")
    await console.get_by_text("A whole number, or nothing.").wait_for()
    await console.get_by_label("Active runs").fill("7")
    await console.get_by_label("Stored, in GiB").fill("0.5")
    await console.get_by_role("button", name="Save").click()
    await expect(console.get_by_role("dialog")).to_have_count(0)
    async with stack.http() as http:
        limits = (await http.get(f"workspaces/{slug}/limits")).json()
    assert (limits["runs_in_flight"], limits["stored_bytes"]) == (7, 1 << 29)
    await console.get_by_role("link", name="Users").click()
    row = console.get_by_role("row").filter(has_text=leaver.email)
    await row.get_by_role("button", name="Remove").click()
    await console.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await row.wait_for(state="detached")
    await console.get_by_role("link", name="Tokens").click()
    left = console.get_by_role("row").filter(has_text=token)
    await left.get_by_text("someone who left").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_anybody_can_use_every_part(console: Page, stack: RunningStack, scheme: str) -> None:
    await console.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for part, dialog in PARTS.items():
        await console.goto(address(stack, f"account?part={part}"))
        await console.locator("section h2").first.wait_for()
        assert await violations(console) == [], part
        if dialog:
            await console.locator("section").get_by_role("button", name=dialog).focus()
            await console.keyboard.press("Enter")
            await console.get_by_role("dialog").wait_for()
            assert await violations(console) == [], dialog
            await console.keyboard.press("Escape")
