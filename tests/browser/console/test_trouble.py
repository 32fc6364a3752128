"""What goes wrong under a page: others decide, roles and sessions end, runs go, nobody answers."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from functools import partial

import httpx2
from playwright.async_api import Page, Route, expect

from tests.browser.console.conftest import Person, address, make_user, sign_in, start_run
from tests.browser.console.outage import outage_before
from tests.browser.console.test_lists import ASK, asked, card_of
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.stack import RunningStack

GONE = 410
# A call is waited for 20 s at most, and something is asked every 15 s.
SAID_MS = 1_000 * max(PATIENCE_SECONDS, 60)


async def test_two_tabs_of_two_workspaces_keep_to_their_own(
    console: Page, stack: RunningStack, admin: Person
) -> None:
    slug, tag = f"w-{secrets.token_hex(4)}", f"t-{secrets.token_hex(4)}"
    async with stack.http() as http:
        await http.post("workspaces", json={"slug": slug, "name": slug})
        body = {"email": admin.email, "role": "admin"}
        await http.post(f"workspaces/{slug}/members", json=body)
    other = await console.context.new_page()
    await other.goto(address(stack, "runs", slug))
    await other.get_by_text("Nothing has run yet").wait_for()
    await console.goto(address(stack, f"runs?tags={tag}"))
    await console.get_by_text("No run matches").wait_for()
    await start_run(stack, "Talk. [[sim: text='Done.']]", input="only here", tags=[tag])
    await console.get_by_role("link", name="only here").wait_for()
    await other.get_by_role("link", name="Approvals").click()
    await other.get_by_role("link", name="Runs", exact=True).click()
    await other.get_by_text("Nothing has run yet").wait_for()
    await other.get_by_role("button", name="Workspace:").click()
    await other.get_by_role("menuitem", name=f"default {admin.role.capitalize()}").click()
    await other.wait_for_url("**/w/default/pipelines")


async def test_what_is_decided_in_one_tab_is_told_in_another(
    console: Page, stack: RunningStack, admin: Person
) -> None:
    run = await asked(stack)
    other = await console.context.new_page()
    cards = []
    for page in (console, other):
        await page.goto(address(stack, "approvals"))
        cards.append(card_of(page, run))
        await cards[-1].get_by_role("button", name="Approve", exact=True).wait_for()
    await cards[0].get_by_label("Comment (optional)").fill("from the first tab")
    await cards[0].get_by_role("button", name="Approve", exact=True).click()
    await cards[1].get_by_text(f"Approved by {admin.name}").wait_for()
    await cards[1].get_by_text("from the first tab").wait_for()


async def test_a_viewer_sees_who_may(viewer: Page, stack: RunningStack) -> None:
    failed = await start_run(stack, "Fail. [[sim: status=400]]")
    run = await start_run(stack, flow={"nodes": [ASK], "edges": []}, input="go")
    await viewer.goto(address(stack, f"runs/{failed.run_id}"))
    retry = viewer.get_by_role("button", name="Retry what failed").first
    await expect(retry).to_be_disabled()
    may = viewer.get_by_text("Only members of the workspace can stop and start runs.")
    await may.first.wait_for()
    await viewer.goto(address(stack, f"runs/{run.run_id}?step=1"))
    await viewer.get_by_text("Only members of the workspace can decide.").wait_for()
    await expect(viewer.get_by_role("button", name="Approve", exact=True)).to_be_disabled()
    async with stack.client() as client:
        await client.runs.cancel(run.run_id)


async def held(page: Page, calls: str) -> Callable[[], None]:
    """No answer comes to these calls until what is returned is called."""
    released = asyncio.Event()

    async def hold(route: Route) -> None:
        await released.wait()
        await route.continue_()

    await page.route(calls, hold)
    return released.set


async def test_who_becomes_a_viewer_is_refused_and_told(console: Page, stack: RunningStack) -> None:
    """A click meets the refusal; a question nobody clicked on says so as soon as it is known."""
    runs = [
        await start_run(stack, flow={"nodes": [ASK], "edges": []}, input=name)
        for name in ("clicked", "left")
    ]
    member = make_user(stack, "member")
    await sign_in(console.context, stack, member)
    await console.goto(address(stack, "approvals"))
    clicked, left = (card_of(console, run) for run in runs)
    await clicked.get_by_role("button", name="Approve", exact=True).wait_for()
    await left.get_by_role("button", name="Approve", exact=True).wait_for()
    # The list would tell it first, whenever any run of the workspace made the page read it again.
    release = await held(console, "**/api/v1/runs?*waiting_for_me*")
    async with stack.http() as http:
        body = {"role": "viewer"}
        answer = await http.put(f"workspaces/default/members/{member.id}", json=body)
    assert answer.is_success

    async def is_viewer() -> bool:
        me = await console.request.get(f"{stack.stack['api_url']}/api/v1/me?workspace=default")
        return bool((await me.json())["role"] == "viewer")

    await eventually(is_viewer)
    await clicked.get_by_role("button", name="Approve", exact=True).click()
    await clicked.get_by_role("alert").wait_for()
    await console.get_by_text("Only members and admins can decide.").wait_for()
    release()
    await left.get_by_text("You can no longer decide this.").wait_for()
    assert await console.get_by_text("the run has ended").count() == 0
    async with stack.client() as client:
        for run in runs:
            await client.runs.cancel(run.run_id)


async def is_gone(http: httpx2.AsyncClient, run: str) -> bool:
    """Whether neither the database nor the log has anything of it any more."""
    async with http.stream("GET", f"runs/{run}/events") as answer:
        return answer.status_code == GONE


async def test_a_run_that_is_deleted_leaves_the_list(console: Page, stack: RunningStack) -> None:
    tag = f"t-{secrets.token_hex(4)}"
    async with stack.client() as client:
        run = await start_run(stack, "Talk. [[sim: text='Done.']]", input="goes", tags=[tag])
        [_ async for _ in client.runs.watch(run.run_id)]
    await console.goto(address(stack, f"runs?tags={tag}"))
    link = console.get_by_role("link", name="goes")
    await link.wait_for()
    async with stack.http() as http:
        assert (await http.delete(f"runs/{run.run_id}")).is_success
        await eventually(partial(is_gone, http, run.run_id))
    await console.goto(address(stack, f"runs/{run.run_id}"))
    await console.get_by_text("This run is not here").first.wait_for()
    await console.go_back()
    await console.get_by_text("No run matches").wait_for()


async def test_a_network_that_swallows_everything_is_told(
    console: Page, stack: RunningStack
) -> None:
    tag = f"t-{secrets.token_hex(4)}"
    console.set_default_timeout(SAID_MS)
    async with outage_before(stack.stack["api_url"]) as outage:
        await console.goto(f"{outage.url}/w/default/runs?tags={tag}")
        await console.get_by_text("No run matches").wait_for()
        outage.begin()
        await console.get_by_role("button", name="Failed", exact=True).click()
        away = console.get_by_text("Penstock could not be reached. Trying again.")
        await away.wait_for()
        await start_run(stack, "Talk. [[sim: text='Done.']]", input="meanwhile", tags=[tag])
        outage.end()
        await away.wait_for(state="detached")
        await console.get_by_role("button", name="Failed", exact=True).click()
        await console.get_by_role("link", name="meanwhile").wait_for()
