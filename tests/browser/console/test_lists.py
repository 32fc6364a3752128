"""Lists that live: runs that are found, watched and stopped, and questions that are answered."""

from __future__ import annotations

from uuid import uuid4

import pytest
from penstock_client.run_results import Accepted
from playwright.async_api import Locator, Page, expect

from tests.browser.axe import violations
from tests.browser.console.conftest import address, start_run
from tests.browser.drawings import review
from tests.stack import RunningStack

FOREVER = "Talk. [[sim: forever rate=40]]"
HOSTILE = "\u202e\u05e9\u05dc\u05d5\u05dd <script>alert(1)</script> \U0001f419 " + "W" * 300
ASK = {"id": "ok", "type": "approval", "data": {"prompt": "Publish it?"}}


def card_of(page: Page, run: Accepted) -> Locator:
    """What the page of approvals shows of a question of this run."""
    return page.get_by_role("article").filter(has=page.locator(f"a[href*='{run.run_id}']"))


async def test_runs_come_and_end_while_their_filter_holds(
    console: Page, stack: RunningStack
) -> None:
    tag = f"tag-{uuid4().hex[:8]}"
    await console.goto(address(stack, f"runs?tags={tag}"))
    await console.get_by_text("No run matches").wait_for()
    run = await start_run(stack, FOREVER, input="a river that bends", tags=[tag])
    await start_run(stack, FOREVER, input="another one", tags=[f"{tag}-not"])
    row = console.get_by_role("row").filter(has_text="a river that bends")
    await row.filter(has_text="Running").wait_for()
    assert await console.get_by_text("another one").count() == 0
    await console.get_by_role("button", name="Stop all…").click()
    await console.get_by_role("button", name="Stop them").click()
    await row.filter(has_text="Stopped").wait_for()
    await console.get_by_text("Runs stopped").wait_for()
    async with stack.http() as http:
        assert (await http.get(f"runs/{run.run_id}")).json()["status"] == "cancelled"
        others = (await http.get("runs", params={"tags": f"{tag}-not"})).json()["items"]
    assert [each["status"] for each in others] == ["running"]
    await row.get_by_role("checkbox").check()
    await console.get_by_role("button", name="Run again", exact=True).click()
    came = console.get_by_role("region", name="Results")
    await came.get_by_role("link", name="Runs again").wait_for()
    await row.nth(1).wait_for()
    await row.filter(has_text="Stopped").get_by_role("checkbox").check()
    await console.get_by_role("button", name="Stop", exact=True).click()
    await came.get_by_text("The run is over").wait_for()


async def test_what_is_filtered_stands_in_the_address(console: Page, stack: RunningStack) -> None:
    await console.goto(address(stack, "runs"))
    await console.get_by_role("button", name="Failed", exact=True).click()
    await console.get_by_label("Search", exact=True).fill("nothing-is-called-so")
    await console.wait_for_url("**/runs?status=failed&search=nothing-is-called-so")
    await console.reload()
    failed = console.get_by_role("button", name="Failed", exact=True)
    await expect(failed).to_have_attribute("aria-pressed", "true")
    assert await console.get_by_label("Search", exact=True).input_value() == "nothing-is-called-so"
    await console.get_by_role("combobox", name="When").select_option("Ended between two dates")
    await console.get_by_label("From").fill("2030-01-02T10:00")
    await console.get_by_label("Until").fill("2030-01-01T10:00")
    await console.get_by_text("It has to be later than From.").wait_for()
    await console.reload()
    assert await console.get_by_label("From").input_value() == "2030-01-02T10:00"
    await console.get_by_role("button", name="Show all").first.click()
    await console.wait_for_url("**/w/default/runs")


@pytest.mark.parametrize(
    ("place", "field"),
    [
        ("pipelines?deleted=1", "Find by name"),
        ("agents", "Find by name"),
        ("system", "Why does a run not go on?"),
    ],
)
async def test_the_caret_stays_where_one_types(
    console: Page, stack: RunningStack, place: str, field: str
) -> None:
    await console.goto(address(stack, place))
    typed = console.get_by_label(field)
    await typed.press_sequentially("ade")
    for key in ("ArrowLeft", "ArrowLeft", "b", "c"):
        await console.keyboard.press(key)
    await expect(typed).to_have_value("abcde")
    await console.wait_for_url("**=abcde*")


async def test_a_question_is_answered_on_a_phone_with_a_comment(
    console: Page, stack: RunningStack
) -> None:
    await console.set_viewport_size({"width": 390, "height": 844})
    await console.goto(address(stack, "approvals"))
    run = await start_run(stack, flow=review(), input="the draft")
    card = card_of(console, run)
    await card.get_by_role("heading", name="Publish it?").wait_for()
    await card.get_by_text("It is sound, and it is said twice").first.wait_for()
    await card.get_by_label("Comment (optional)").fill("from the train")
    await console.reload()
    await expect(card.get_by_label("Comment (optional)")).to_have_value("from the train")
    await card.get_by_role("button", name="Approve", exact=True).click()
    await card.get_by_text("You approved. The run continues.").wait_for()
    async with stack.client() as client:
        [*_, (_, view)] = [each async for each in client.runs.watch(run.run_id)]
    assert view.status == "completed"


async def test_who_decided_elsewhere_is_told(console: Page, stack: RunningStack) -> None:
    run = await asked(stack)
    await console.goto(address(stack, "approvals"))
    card = card_of(console, run)
    await card.get_by_role("button", name="Approve", exact=True).wait_for()
    async with stack.http() as http:
        body = {"decision": "reject", "comment": "too long"}
        await http.post(f"runs/{run.run_id}/steps/0/decision", json=body)
    await card.get_by_text("Rejected by settings").wait_for()
    await card.get_by_text("too long").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_anybody_can_use_the_lists(
    console: Page, stack: RunningStack, scheme: str, width: int
) -> None:
    await console.set_viewport_size({"width": width, "height": 844})
    await console.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    run = await asked(stack)
    named = {"input": HOSTILE, "tags": ["a" * 64], "metadata": {"customer": HOSTILE}}
    await start_run(stack, "Talk. [[sim: text='Done.']]", **named)
    for page, shown in (
        ("runs?columns=customer", "tbody tr"),
        ("approvals", "article"),
        ("system", "h2"),
    ):
        await console.goto(address(stack, page))
        await console.locator(shown).first.wait_for()
        assert await violations(console) == []
        assert await console.evaluate("document.documentElement.scrollWidth") == width
    await console.get_by_label("Why does a run not go on?").fill(f"/runs/{run.run_id}")
    await console.get_by_role("status").get_by_text("A person is to decide").wait_for()
    async with stack.client() as client:
        await client.runs.cancel(run.run_id)


async def asked(stack: RunningStack) -> Accepted:
    """A run that asks a question at once."""
    return await start_run(stack, flow={"nodes": [ASK], "edges": []}, input="go")
