"""Signing in by a provider that is not ours, in a browser: there, back, and what is refused."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, Request

from tests.browser.axe import violations
from tests.browser.conftest import opened_page, session_fixture
from tests.openid_provider import CLIENT_SECRET, OpenIdProvider, running_provider
from tests.stack import RunningStack, running_stack

ADA = {"email": "ada@example.org", "email_verified": True, "name": "Ada"}
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdProvider]:
    with running_provider("--require-nonce") as running:
        yield running


@pytest.fixture(scope="module")
def with_provider(provider: OpenIdProvider, executable: str) -> Iterator[RunningStack]:
    """A stack whose people may sign in by the provider."""
    settings = provider.settings(MEMBERSHIPS="default:viewer")
    with running_stack(workers=1, environment=settings) as running:
        yield running


@dataclass(frozen=True)
class ByProvider:
    """A browser before the page to sign in with."""

    page: Page
    stack: RunningStack
    provider: OpenIdProvider

    async def open(self, path: str = "/sign-in") -> None:
        await self.page.goto("about:blank")
        await self.page.goto(f"{self.stack.stack['api_url']}{path}")

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def go(self, subject: str) -> None:
        """To the provider, and back as whom it is told."""
        await self.press("Sign in with Acme")
        await self.page.wait_for_url(f"{self.provider.url}/**")
        await self.page.locator("input[name=sub]").first.fill(subject)
        await self.page.locator("input[name=sub]").first.press("Enter")

    async def shows(self, heading: str) -> None:
        await self.page.get_by_role("heading", name=heading, exact=True).wait_for()

    async def says(self, words: str) -> None:
        await self.page.locator(".notice").filter(has_text=words).wait_for()

    async def is_in(self, workspace: str = "default") -> None:
        """Returns once the workspace is shown to who has signed in."""
        await self.page.wait_for_url(re.compile(f"/w/{workspace}/pipelines$"))
        await self.page.get_by_role("navigation", name="Main").wait_for()

    async def sign_out(self) -> None:
        await self.page.get_by_role("button", name="Workspace:").click()
        await self.page.get_by_role("menuitem", name="Sign out").click()
        await self.shows("Sign in")


@session_fixture()
async def by(
    with_provider: RunningStack, provider: OpenIdProvider, chromium: Browser, built_console: None
) -> AsyncIterator[ByProvider]:
    async with opened_page(chromium) as page:
        yield ByProvider(page, with_provider, provider)


async def test_a_first_and_a_second_login_are_of_one_user(by: ByProvider) -> None:
    sent: list[Request] = []
    by.page.on("request", lambda request: sent.append(request))
    await by.provider.knows("ada", **ADA)
    await by.open()
    await by.go("ada")
    await by.is_in()
    await by.sign_out()
    await by.provider.knows("ada", **{**ADA, "email": "ada.l@example.org"})
    await by.go("ada")
    await by.is_in()
    await by.open()
    await by.shows("You are signed in, Ada")
    await by.page.get_by_text("ada.l@example.org").wait_for()
    places = await by.page.locator(".places li").all_inner_texts()
    assert sorted(place.split() for place in places) == [
        ["Ada", "(ada)", "Admin"],
        ["default", "Viewer"],
    ]
    assert not [each.url for each in sent if CLIENT_SECRET in each.url]


async def test_a_wrong_domain_is_told_and_another_account_is_asked_for(by: ByProvider) -> None:
    await by.provider.knows("eve", **{**ADA, "email": "eve@elsewhere.example"})
    await by.open()
    await by.go("eve")
    await by.says("The e-mail of this account may not sign in here.")
    assert urlsplit(by.page.url)[2:] == ("/sign-in", "", "")
    await by.press("Sign in with Acme")
    await by.page.wait_for_url(re.compile("prompt=select_account"))


async def test_a_sign_in_that_took_too_long_begins_again(by: ByProvider) -> None:
    await by.provider.knows("cy", **{**ADA, "email": "cy@example.org", "name": "Cy"})
    await by.open()
    await by.press("Sign in with Acme")
    await by.page.wait_for_url(f"{by.provider.url}/**")
    # As the browser does itself once its time is over.
    await by.page.context.clear_cookies(name="penstock_openid")
    await by.page.locator("input[name=sub]").first.fill("cy")
    await by.page.locator("input[name=sub]").first.press("Enter")
    await by.says("This sign-in took too long, or was used already.")
    await by.go("cy")
    await by.is_in()
    await by.open()
    await by.shows("You are signed in, Cy")


async def test_an_invite_is_taken_after_signing_in_by_the_provider(by: ByProvider) -> None:
    """Who has an account signs in by the provider, and finds the invite again."""
    dee = {**ADA, "email": "dee@example.org", "name": "Dee"}
    await by.provider.knows("dee", **dee)
    await by.open()
    await by.go("dee")
    await by.is_in()
    await by.sign_out()
    async with by.stack.http() as http:
        await http.post("workspaces", json={"slug": "research", "name": "Research"})
        made = await http.post(
            "tokens", json={"name": "research", "role": "admin", "workspace": "research"}
        )
        theirs = {"Authorization": f"Bearer {made.json()['token']}"}
        body = {"email": dee["email"], "role": "member"}
        answer = await http.post("invites", json=body, headers=theirs)
    await by.open(f"/sign-in#{urlsplit(answer.json()['url']).fragment}")
    await by.go("dee")
    await by.shows("You are invited")
    await by.press("Join")
    await by.is_in("research")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_anybody_can_sign_in_by_the_provider(
    by: ByProvider, scheme: str, size: dict[str, int]
) -> None:
    await by.page.set_viewport_size({"width": size["width"], "height": size["height"]})
    await by.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await by.open("/sign-in#problem=openid_wrong_domain")
    await by.says("The e-mail of this account may not sign in here.")
    assert await violations(by.page) == []
    assert await by.page.evaluate("document.documentElement.scrollWidth") == size["width"]
    for unknown in ("constructor", "no_such_code", "%3Cb%3E"):
        await by.open(f"/sign-in#problem={unknown}")
        await by.says("You could not be signed in.")
