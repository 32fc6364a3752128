"""A question answered on a phone by a link, by somebody without a token."""

from __future__ import annotations

import pytest
from penstock_client.run_results import Accepted
from playwright.async_api import Page, Request

from tests.browser.axe import violations
from tests.browser.conftest import session_fixture
from tests.browser.drawings import SAYS, review
from tests.browser.watched import Watched

PHONE = {"width": 390, "height": 844}
OK = 5  # the number of the question's step


class Phone:
    """The page a link opens."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def says(self, words: str) -> None:
        await self.page.locator("#outcome").filter(has_text=words).wait_for()


@session_fixture()
async def asked(watched: Watched) -> Accepted:
    """A run that waits for a person, shown by the watch page."""
    async with watched.stack.client() as client:
        run = await client.runs.create(flow=review(), input="go")
    await watched.page.goto(watched.address(run))
    await watched.comes_to("waiting")
    return run


@session_fixture()
async def phone(watched: Watched) -> Phone:
    context = watched.page.context
    page = await context.new_page()
    await page.set_viewport_size({"width": 390, "height": 844})
    return Phone(page)


async def link_to(watched: Watched, run: Accepted) -> str:
    async with watched.stack.http() as http:
        answer = await http.post(f"runs/{run.run_id}/steps/{OK}/link", json={"given_to": "Ada"})
    return str(answer.json()["url"])


async def decided(watched: Watched, run: Accepted) -> tuple[str | None, str | None]:
    async with watched.stack.http() as http:
        approval = (await http.get(f"runs/{run.run_id}/steps/{OK}")).json()["approval"]
    return approval["decision"], approval["decided_by"]


async def test_a_link_made_on_the_watch_page_is_answered_on_a_phone(
    watched: Watched, asked: Accepted, phone: Phone
) -> None:
    await watched.named("button", "Let somebody else decide").click()
    await watched.page.get_by_label("Token", exact=True).fill(watched.stack.stack["token"])
    await watched.named("button", "Go on").click()
    await watched.page.locator("#share[open]").wait_for()
    link = await watched.page.get_by_label("Link", exact=True).input_value()
    assert "/answer#link=" in link
    assert watched.stack.stack["token"] not in link
    await watched.named("button", "Done").click()
    await phone.page.goto(link)
    await phone.page.get_by_role("heading", name="Publish it?").wait_for()
    assert SAYS.strip() in await phone.page.locator("#given").inner_text()
    await phone.page.get_by_label("Comment, if you like").fill("from the train")
    await phone.press("Approve")
    await phone.page.locator("#sure").get_by_role("button", name="Approve").click()
    await phone.says("Approved")
    await watched.comes_to("completed")
    said = await watched.step(OK, ".decided").inner_text()
    assert said == "approved by somebody, by a link of settings: from the train"


async def test_opening_a_link_and_thinking_again_decide_nothing(
    watched: Watched, asked: Accepted, phone: Phone
) -> None:
    await phone.page.goto(await link_to(watched, asked))
    await phone.press("Reject")
    await phone.press("Back")
    await phone.page.reload()
    await phone.page.get_by_role("heading", name="Publish it?").wait_for()
    assert await decided(watched, asked) == (None, None)


async def test_a_link_that_was_used_says_what_it_said(
    watched: Watched, asked: Accepted, phone: Phone
) -> None:
    link = await link_to(watched, asked)
    await phone.page.goto(link)
    await phone.press("Reject")
    await phone.page.locator("#sure").get_by_role("button", name="Reject").click()
    await phone.says("Rejected")
    await phone.page.reload()
    await phone.says("This link was used: it said reject")
    assert not await phone.page.locator("#ask").is_visible()
    assert await decided(watched, asked) == ("reject", "Ada, by a link of settings")


@pytest.mark.parametrize("cut", ["", "#link=", "#link=abc.def"])
async def test_a_link_that_was_cut_says_so(watched: Watched, phone: Phone, cut: str) -> None:
    await phone.page.goto(f"{watched.stack.stack['api_url']}/answer{cut}")
    await phone.says("This link does not work")


async def test_the_secret_of_a_link_is_in_no_address_that_is_asked_for(
    watched: Watched, asked: Accepted, phone: Phone
) -> None:
    sent: list[Request] = []
    phone.page.on("request", lambda request: sent.append(request))
    link = await link_to(watched, asked)
    await phone.page.goto(link)
    await phone.page.get_by_role("heading", name="Publish it?").wait_for()
    secret = link.partition("#link=")[2]
    assert len(sent) >= 2
    assert not [each.url for each in sent if secret in each.url.partition("#")[0]]
    assert not [each for each in sent if secret in each.headers.get("referer", "")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_anybody_can_answer_by_day_and_by_night(
    watched: Watched, asked: Accepted, phone: Phone, scheme: str
) -> None:
    await phone.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await phone.page.goto(await link_to(watched, asked))
    await phone.page.get_by_role("heading", name="Publish it?").wait_for()
    assert await violations(phone.page) == []
    assert await phone.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    await phone.press("Approve")
    assert await violations(phone.page) == []
