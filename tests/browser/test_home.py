"""The page at `/`: what runs, what waits for a person, the last runs, and the way on."""

from __future__ import annotations

from uuid import uuid4

import pytest
from penstock_client import Penstock
from penstock_client.run_results import Accepted
from playwright.async_api import Locator

from tests.browser.axe import violations
from tests.browser.drawings import agent, review
from tests.browser.watched import Watched
from tests.eventually import eventually

FOREVER = "Talk. [[sim: forever rate=40]]"


class Home:
    """The page, and the runs on it; each has a name of its own here."""

    def __init__(self, watched: Watched) -> None:
        self.watched = watched
        self.page = watched.page

    async def open(self) -> None:
        await self.page.goto(f"{self.watched.stack.stack['api_url']}/")

    async def enter(self, token: str) -> None:
        await self.page.get_by_label("Token of the workspace").fill(token)
        await self.watched.named("button", "Show the runs").click()

    async def enter_rightly(self) -> None:
        await self.enter(self.watched.stack.stack["token"])
        await self.page.locator("#workspace:visible").wait_for()

    async def begin(self, flow: dict[str, object]) -> tuple[Accepted, str]:
        """A run, and the name of its pipeline."""
        name = f"Pipeline {uuid4().hex[:8]}"
        async with self.watched.stack.http() as http:
            made = (await http.post("pipelines", json={"name": name, "flow": flow})).json()
        async with self.watched.stack.client() as client:
            return await client.runs.create(pipeline_id=made["id"], input="a river"), name

    def row(self, place: str, name: str) -> Locator:
        return self.page.locator(f"{place} li").filter(has_text=name)


@pytest.fixture
async def home(watched: Watched) -> Home:
    shown = Home(watched)
    await shown.open()
    return shown


def saying(instructions: str) -> dict[str, object]:
    return {"nodes": [agent("a", instructions)], "edges": []}


async def test_it_shows_nothing_of_the_workspace_before_it_knows_a_token(home: Home) -> None:
    await home.enter("not-the-token")
    await home.page.get_by_text("the token is not known here").wait_for()
    assert not await home.page.locator("#workspace").is_visible()
    await home.enter_rightly()
    assert not await home.page.locator("#sign-in").is_visible()
    token = home.watched.stack.stack["token"]
    kept = await home.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert token not in kept
    assert token not in home.page.url
    await home.page.reload()
    await home.page.get_by_label("Token of the workspace").wait_for()


async def test_runs_come_move_on_and_end_while_it_is_open(home: Home) -> None:
    await home.enter_rightly()
    run, name = await home.begin(saying(FOREVER))
    await home.row("#running", name).wait_for()
    async with home.watched.stack.client() as client:
        await client.runs.cancel(run.run_id)
    await home.row("#last", name).filter(has_text="cancelled").wait_for()
    assert not await home.row("#running", name).is_visible()
    _, failing = await home.begin(saying("[[sim: status=401 message=wrong-key]]"))
    await home.row("#last", failing).filter(has_text="wrong-key").wait_for()


async def test_a_run_is_opened_in_the_watch_page(home: Home) -> None:
    await home.enter_rightly()
    _, name = await home.begin(saying("[[sim: text=so rate=0]]"))
    await home.row("#last", name).get_by_role("link").click()
    await home.watched.comes_to("completed")
    assert await home.watched.words(0) == "so"


async def test_a_run_is_found_by_its_id_with_a_token(home: Home) -> None:
    run, _ = await home.begin(saying("[[sim: text=so rate=0]]"))
    await home.page.goto(f"{home.watched.stack.stack['api_url']}/watch#run={run.run_id}")
    await home.page.get_by_label("Token", exact=True).fill(home.watched.stack.stack["token"])
    await home.watched.named("button", "Go on").click()
    await home.watched.comes_to("completed")
    assert "ticket" in home.page.url


async def test_a_question_is_read_and_answered_from_it(home: Home) -> None:
    await home.enter_rightly()
    run, name = await home.begin(review())
    question = home.row("#questions", name)
    await question.wait_for()
    assert "Publish it?" in await question.inner_text()
    await question.get_by_role("button", name="Read and answer").click()
    await home.page.get_by_role("heading", name="Publish it?").wait_for()
    await home.page.get_by_role("button", name="Approve", exact=True).click()
    await home.page.locator("#sure").get_by_role("button", name="Approve").click()
    await home.page.locator("#outcome").filter(has_text="Approved").wait_for()
    async with home.watched.stack.client() as client:
        [*_, (_, view)] = [each async for each in client.runs.watch(run.run_id)]
    assert view.status == "completed"


async def test_a_question_is_shown_however_many_runs_are_newer(home: Home) -> None:
    asked, name = await home.begin(review())
    async with home.watched.stack.client() as client:
        await eventually(lambda: stand(client, [asked], "waiting"))
        talk = saying("Talk. [[sim: forever rate=1]]")
        runs = [await client.runs.create(flow=talk, input="go") for _ in range(12)]
        await eventually(lambda: stand(client, runs, "running"))
        await home.enter_rightly()
        await home.row("#questions", name).wait_for()
        question = await home.row("#questions", name).bounding_box()
        running = await home.page.locator("#running li").first.bounding_box()
        assert question is not None
        assert running is not None
        assert question["y"] < running["y"]
        for each in (asked, *runs):
            await client.runs.cancel(each.run_id)


async def test_a_question_for_somebody_else_is_no_question_here(home: Home) -> None:
    ask = {"id": "ok", "type": "approval", "data": {"approvers": ["nobody@example.org"]}}
    run, name = await home.begin({"nodes": [ask], "edges": []})
    await home.enter_rightly()
    await home.row("#running", name).filter(has_text="A person is to decide at ok.").wait_for()
    assert await home.row("#questions", name).count() == 0
    async with home.watched.stack.client() as client:
        await client.runs.cancel(run.run_id)


async def stand(client: Penstock, runs: list[Accepted], status: str) -> bool:
    """Whether lists show all these runs so."""
    found = {each.run_id async for each in client.runs.list(status=status)}
    return found >= {run.run_id for run in runs}


async def test_it_leads_on(home: Home) -> None:
    ways = home.page.get_by_role("navigation", name="More").get_by_role("link")
    addresses = [await way.get_attribute("href") for way in await ways.all()]
    assert addresses == ["docs", "openapi.json", "watch", "health/ready"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_anybody_can_use_it_by_day_and_by_night(home: Home, scheme: str, width: int) -> None:
    await home.page.set_viewport_size({"width": width, "height": 844})
    await home.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert await violations(home.page) == []
    _, waiting = await home.begin(review())
    _, failing = await home.begin(saying("[[sim: status=401]]"))
    await home.enter_rightly()
    await home.row("#questions", waiting).wait_for()
    await home.row("#last", failing).wait_for()
    assert await violations(home.page) == []
    assert await home.page.evaluate("document.documentElement.scrollWidth") == width
