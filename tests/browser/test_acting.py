"""The buttons of the page, by mouse and by keyboard alone."""

from __future__ import annotations

from tests.browser.watched import Watched

FOREVER = "Talk. [[sim: forever rate=40]]"


async def test_the_stop_button_asks_for_a_token_and_stops_the_model(watched: Watched) -> None:
    await watched.start(FOREVER, input="by the button")
    await watched.says_more_than(0, 20)
    await watched.named("button", "Stop").click()
    await watched.page.get_by_label("Token", exact=True).fill("not-the-token")
    await watched.named("button", "Go on").click()
    await watched.page.get_by_text("the token is not known here").wait_for()
    await watched.page.get_by_label("Token", exact=True).fill(watched.stack.stack["token"])
    await watched.named("button", "Go on").click()
    await watched.comes_to("cancelled")
    [call] = await watched.stack.calls("by the button")
    assert call["outcome"] == "client_gone"
    assert await watched.words(0)
    assert not await watched.page.locator("#stop").is_visible()


async def test_a_run_is_opened_and_stopped_by_keyboard_alone(watched: Watched) -> None:
    run = await watched.started(FOREVER)
    keyboard = watched.page.keyboard
    await watched.page.goto(f"{watched.stack.stack['api_url']}/watch")
    await keyboard.insert_text(run.events_url)
    await keyboard.press("Enter")
    await watched.step(0, ".words:visible").wait_for()
    for place in ("home", "stop"):
        await keyboard.press("Tab")
        await watched.focuses(place)
    await keyboard.press("Enter")
    await watched.focuses("token")
    await keyboard.press("Escape")
    await watched.focuses("stop")
    await keyboard.press("Enter")
    await watched.focuses("token")
    await keyboard.insert_text(watched.stack.stack["token"])
    await keyboard.press("Enter")
    await watched.comes_to("cancelled")


async def test_a_waiting_step_is_decided_with_a_comment(watched: Watched) -> None:
    drawn = {
        "nodes": [{"id": "ask", "type": "approval", "data": {"prompt": "Publish it?"}}],
        "edges": [],
    }
    async with watched.stack.client() as client:
        run = await client.runs.create(flow=drawn, input="go")
    await watched.page.goto(watched.address(run))
    await watched.comes_to("waiting")
    assert "Publish it?" in await watched.step(0, ".ask").inner_text()
    await watched.page.get_by_label("Comment, if you like").fill("as it stands")
    await watched.named("button", "Approve").click()
    await watched.page.get_by_label("Token", exact=True).fill(watched.stack.stack["token"])
    await watched.named("button", "Go on").click()
    await watched.comes_to("completed")
    assert await watched.step(0, ".decided").inner_text() == "approved by settings: as it stands"
    assert not await watched.step(0, ".ask").is_visible()


async def test_a_run_is_found_by_its_id_with_a_token(watched: Watched) -> None:
    run = await watched.started("[[sim: text=so rate=0]]")
    await watched.page.goto(f"{watched.stack.stack['api_url']}/watch#run={run.run_id}")
    await watched.page.get_by_label("Token", exact=True).fill(watched.stack.stack["token"])
    await watched.named("button", "Go on").click()
    await watched.comes_to("completed")
    assert "ticket" in watched.page.url
