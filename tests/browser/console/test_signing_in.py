"""The page to sign in with: by a link once, by a password, and out again."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

import pytest
from playwright.async_api import Page, Request

from tests.browser.axe import violations
from tests.eventually import eventually
from tests.integration.api.people import PASSWORD
from tests.stack import RunningStack

FIRST_LINK = re.compile(r"login +(http\S+/sign-in#link=\S+) +\(once\)")
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class SignIn:
    """The page, as somebody without an account yet opens it."""

    page: Page
    stack: RunningStack
    email: str

    async def open(self, link: str = "") -> None:
        await self.page.goto("about:blank")
        await self.page.goto(link or f"{self.stack.stack['api_url']}/sign-in")

    async def shows(self, heading: str) -> None:
        await self.page.get_by_role("heading", name=heading).wait_for()

    async def says(self, words: str) -> None:
        await self.page.locator(".notice").filter(has_text=words).wait_for()

    async def is_in(self, workspace: str = "") -> None:
        """Returns once a workspace is shown."""
        place = re.escape(workspace) if workspace else "[^/]+"
        await self.page.wait_for_url(re.compile(f"/w/{place}/pipelines$"))
        await self.page.get_by_role("navigation", name="Main").wait_for()

    async def sign_out(self) -> None:
        await self.page.get_by_role("button", name="Workspace:").click()
        await self.page.get_by_role("menuitem", name="Sign out").click()
        await self.shows("Sign in")

    async def fill(self, label: str, text: str) -> None:
        await self.page.get_by_label(label, exact=True).fill(text)

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def make(self, path: str, **body: object) -> str:
        """The link that the api makes."""
        async with self.stack.http() as http:
            answer = await http.post(path, json=body)
        return str(answer.json()["url"])

    async def user(self) -> str:
        """A new user's link."""
        return await self.make("users", email=self.email, name="Ada")

    async def log_in(self) -> None:
        await self.fill("E-mail", self.email)
        await self.fill("Password", PASSWORD)
        await self.press("Sign in")


@pytest.fixture
def sign_in(stack: RunningStack, page: Page, built_console: None) -> SignIn:
    return SignIn(page, stack, f"{secrets.token_hex(4)}@example.org")


async def test_a_first_link_sets_a_password_by_which_one_comes_back(sign_in: SignIn) -> None:
    link = await sign_in.user()
    await sign_in.open(link)
    await sign_in.shows("Welcome, Ada")
    await sign_in.fill("New password", PASSWORD)
    await sign_in.press("Set password and sign in")
    await sign_in.is_in()
    assert "#" not in sign_in.page.url
    await sign_in.sign_out()
    await sign_in.log_in()
    await sign_in.is_in()
    await sign_in.open()
    await sign_in.shows("You are signed in, Ada")
    await sign_in.press("Sign out")
    await sign_in.shows("Sign in")
    await sign_in.open(link)
    await sign_in.says("This link was used already or has expired.")


async def test_the_link_that_penstock_up_prints_signs_in_who_runs_it(sign_in: SignIn) -> None:
    link = await eventually(lambda: FIRST_LINK.search(sign_in.stack.output))
    await sign_in.open(link[1])
    await sign_in.shows("Welcome, Admin")
    await sign_in.press("Sign in without a password")
    await sign_in.is_in("default")
    await sign_in.page.get_by_text("Answers are simulated.").wait_for()


async def test_who_is_invited_makes_an_account_and_is_in_the_workspace(sign_in: SignIn) -> None:
    await sign_in.open(await sign_in.make("invites", email=sign_in.email, role="viewer"))
    await sign_in.shows("You are invited")
    await sign_in.fill("Your name", "Ada")
    await sign_in.fill("New password", PASSWORD)
    await sign_in.press("Make account and join")
    await sign_in.is_in("default")


async def test_an_invite_of_who_has_an_account_is_taken_after_signing_in(sign_in: SignIn) -> None:
    await sign_in.open(await sign_in.user())
    await sign_in.fill("New password", PASSWORD)
    await sign_in.press("Set password and sign in")
    await sign_in.is_in()
    await sign_in.sign_out()
    await sign_in.open(await sign_in.make("invites", email=sign_in.email, role="viewer"))
    await sign_in.shows("Sign in")
    await sign_in.fill("Password", PASSWORD)
    await sign_in.press("Sign in and join")
    await sign_in.is_in("default")


async def test_a_page_that_needs_a_session_is_gone_on_to_after_signing_in(sign_in: SignIn) -> None:
    await sign_in.open(await sign_in.make("invites", email=sign_in.email, role="viewer"))
    await sign_in.fill("Your name", "Ada")
    await sign_in.fill("New password", PASSWORD)
    await sign_in.press("Make account and join")
    await sign_in.is_in("default")
    await sign_in.page.context.clear_cookies()
    wanted = f"{sign_in.stack.stack['api_url']}/w/default/runs?status=failed"
    await sign_in.open(wanted)
    await sign_in.shows("Sign in")
    await sign_in.log_in()
    await sign_in.page.wait_for_url(wanted)
    await sign_in.open(f"{sign_in.stack.stack['api_url']}/sign-in?next=https://evil.example/")
    await sign_in.page.get_by_role("link", name="default", exact=True).click()
    await sign_in.is_in("default")


async def test_a_wrong_password_says_so_and_is_typed_again(sign_in: SignIn) -> None:
    await sign_in.open()
    await sign_in.log_in()
    await sign_in.says("There is no user with this e-mail and password.")
    await sign_in.page.locator("input[type=password]:focus").wait_for()
    assert await sign_in.page.get_by_label("Password", exact=True).input_value() == ""
    assert await sign_in.page.get_by_label("E-mail", exact=True).input_value() == sign_in.email


async def test_the_secret_of_a_link_is_in_no_address_that_is_asked_for(sign_in: SignIn) -> None:
    sent: list[Request] = []
    sign_in.page.on("request", lambda request: sent.append(request))
    link = await sign_in.user()
    await sign_in.open(link)
    await sign_in.shows("Welcome, Ada")
    secret = link.partition("#link=")[2]
    assert len(sent) >= 3
    assert not [each.url for each in sent if secret in each.url.partition("#")[0]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_anybody_can_sign_in_by_day_and_by_night(sign_in: SignIn, scheme: str) -> None:
    page = sign_in.page
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await sign_in.open()
    await sign_in.log_in()
    await sign_in.says("There is no user")
    assert await violations(page) == []
    await sign_in.open(await sign_in.user())
    await sign_in.shows("Welcome, Ada")
    assert await violations(page) == []
    await sign_in.press("Sign in without a password")
    await sign_in.is_in()
    await sign_in.open()
    await sign_in.shows("You are signed in, Ada")
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
