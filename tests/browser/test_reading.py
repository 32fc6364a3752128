"""What a person sees of a run at a glance: names, all its steps, its texts as Markdown."""

from __future__ import annotations

import asyncio

import pytest
from penstock_client.run_results import Accepted
from playwright.async_api import Route

from tests.browser.axe import violations
from tests.browser.drawings import MARKDOWN, REVIEWERS, SAYS, agent, review
from tests.browser.watched import Watched
from tests.eventually import eventually

_FRAMES_WENT_BY = "() => (globalThis.frames_seen = (globalThis.frames_seen ?? 0) + 1) > 5"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 860}
FAILS = "Talk. [[sim: status=401]]"


async def opened(watched: Watched, flow: dict[str, object]) -> Accepted:
    async with watched.stack.client() as client:
        run = await client.runs.create(flow=flow, input="go")
    await watched.page.goto(watched.address(run))
    return run


async def test_it_has_the_name_of_the_pipeline_and_of_every_step_from_the_beginning(
    watched: Watched,
) -> None:
    async with watched.stack.http() as http:
        made = await http.post("pipelines", json={"name": "Review an article", "flow": review(4)})
    async with watched.stack.client() as client:
        run = await client.runs.create(pipeline_id=made.json()["id"], input="go")
    await watched.page.goto(watched.address(run))
    await watched.page.get_by_role("heading", name="Review an article", exact=True).wait_for()
    names = ["Draft", *REVIEWERS, "All reviews", "Publish?", "Author", "Say no"]
    await watched.step(7, "h2").wait_for()
    assert await watched.page.locator("#steps h2").all_inner_texts() == names
    assert await watched.page.locator("#shape a").all_inner_texts() == names
    assert await watched.step(6, ".state").inner_text() == "to come"
    assert "of 8 steps" in await watched.page.locator("#progress").inner_text()
    drawn = [each.split(",") for each in await _columns(watched)]
    assert drawn == [["Draft"], [*REVIEWERS], ["All reviews"], ["Publish?"], ["Author", "Say no"]]
    async with watched.stack.client() as client:
        await client.runs.cancel(run.run_id)
    await watched.comes_to("cancelled")


async def _columns(watched: Watched) -> list[str]:
    """The names in each column of the drawn flow, from left to right."""
    found: list[str] = await watched.page.evaluate(
        """() => {
          const columns = new Map();
          for (const box of document.querySelectorAll("#shape a")) {
            columns.set(box.offsetLeft, [...(columns.get(box.offsetLeft) ?? []), box.innerText]);
          }
          return [...columns].sort(([a], [b]) => a - b).map(([, names]) => names.join());
        }"""
    )
    return found


async def test_a_run_of_an_unnamed_flow_is_called_by_who_works_in_it(watched: Watched) -> None:
    await watched.start("[[sim: text=so rate=0]]", "[[sim: text=so rate=0]]")
    await watched.page.get_by_role("heading", name="agent-0 and agent-1", exact=True).wait_for()


async def test_a_merge_does_not_repeat_the_page_until_it_is_asked_to(watched: Watched) -> None:
    await opened(watched, review())
    await watched.comes_to("waiting")
    fold = watched.step(4, ".fold")
    await fold.wait_for()
    assert "of Facts, Clarity and Tone" in await fold.inner_text()
    assert not await watched.step(4, ".words").is_visible()
    assert (await watched.page.locator("main").inner_text()).count(SAYS.strip()) == 3
    await fold.click()
    await watched.step(4, ".words:visible").wait_for()
    assert await fold.get_attribute("aria-expanded") == "true"


async def test_words_are_drawn_as_markdown_and_to_the_letter_on_demand(watched: Watched) -> None:
    await opened(watched, {"nodes": [agent("a", "[[sim: echo rate=0]]")], "edges": []})
    run = await _says(watched, MARKDOWN)
    await watched.comes_to("completed")
    words = watched.step(0, ".words")
    assert await words.locator("h3").inner_text() == "What holds"
    assert await words.locator("strong").inner_text() == "Moon's"
    assert await words.locator("ol li").all_inner_texts() == ["Spring tides", "Neap tides"]
    assert await words.locator("td").all_inner_texts() == ["Fundy", "16 m"]
    links = [await link.get_attribute("href") for link in await words.locator("a").all()]
    assert links == ["https://example.org/t", "https://x.example/i.png"]
    assert await words.locator("a").first.get_attribute("rel") == "noopener noreferrer nofollow"
    assert await words.locator("img, script").count() == 0
    assert await watched.words(0) == (await watched.outputs_of(run, 1))[0]


async def _says(watched: Watched, text: str) -> Accepted:
    async with watched.stack.client() as client:
        flow = {"nodes": [agent("a", "[[sim: echo rate=0]]")], "edges": []}
        run = await client.runs.create(flow=flow, input=text)
    await watched.page.goto(watched.address(run))
    return run


async def test_what_is_written_does_not_flicker(watched: Watched) -> None:
    """Finished blocks stay the nodes they are, and nothing open is shown as it is typed."""
    text = "First **bold** words.\n\n" + "A `code` and *more* in it. " * 4 + "\n\n## Last\n\nEnd."
    await watched.page.add_init_script(
        """globalThis.seen = []; globalThis.gone = 0;
        addEventListener("DOMContentLoaded", () => {
          new MutationObserver((records) => {
            const words = document.querySelector("#step-0 .words");
            if (words) seen.push(words.innerText);
            for (const { removedNodes } of records) for (const node of removedNodes) {
              if (node.isFirst) gone += 1;
            }
            const blocks = words?.children ?? [];
            if (blocks.length > 1) blocks[0].isFirst = true;
          }).observe(document.getElementById("steps"), { childList: true, subtree: true });
        });"""
    )
    said = f"[[sim: text='{text}' chunk=3 rate=20]]".replace("\n", "\\n").replace("'", '"')
    await watched.start(f"Talk. {said}")
    await watched.comes_to("completed")
    seen, gone = await watched.page.evaluate("[seen, gone]")
    assert len(seen) > 10
    assert not [each for each in seen if "*" in each or "`" in each or "#" in each]
    assert gone == 0


async def test_a_question_is_in_sight_and_a_pill_leads_back_to_it(watched: Watched) -> None:
    await watched.page.set_viewport_size({"width": 390, "height": 500})
    await opened(watched, review(400))
    await watched.comes_to("waiting")
    approve = watched.named("button", "Approve")
    await _in_sight(watched, "#step-5 button[value=approve]")

    async def is_at_the_top() -> bool:
        await watched.page.mouse.wheel(0, -5_000)
        return bool(await watched.page.evaluate("() => scrollY === 0"))

    await eventually(is_at_the_top)
    assert await watched.page.evaluate("document.querySelector('#waits').hidden") is False
    pill = watched.named("link", "Waits for you")
    await pill.click()
    await _in_sight(watched, "#step-5 button[value=approve]")
    await watched.page.locator("#step-5 button[value=approve]:focus").wait_for()
    assert await approve.is_visible()


async def test_what_the_page_itself_moves_does_not_end_the_following(watched: Watched) -> None:
    """A page that becomes shorter is scrolled by the browser: nobody went away."""
    await opened(watched, review(400))
    await watched.comes_to("waiting")
    await _in_sight(watched, "#step-5 button[value=approve]")
    steps = watched.page.locator("#steps")
    await steps.evaluate("(steps) => { steps.style.display = 'none'; }")
    await watched.page.wait_for_function(_FRAMES_WENT_BY)
    await steps.evaluate(
        "({ style }) => { style.display = ''; style.paddingTop = '4000px'; soon(); }"
    )
    await _in_sight(watched, "#step-5 button[value=approve]")


async def _in_sight(watched: Watched, selector: str) -> None:
    await watched.page.wait_for_function(
        """(selector) => {
          const { top, bottom } = document.querySelector(selector).getBoundingClientRect();
          return top > document.querySelector("#bar").offsetHeight && bottom <= innerHeight;
        }""",
        arg=selector,
    )


async def test_an_error_says_what_to_do(watched: Watched) -> None:
    await watched.start(FAILS)
    await watched.comes_to("failed")
    failure = watched.page.get_by_role("region", name="Why it failed")
    assert "Set ANTHROPIC_API_KEY where the agent workers run" in await failure.inner_text()
    assert "authentication" in await failure.inner_text()
    await failure.get_by_role("link", name="Show the step").click()
    await watched.page.locator("#step-0 h2:focus").wait_for()


@pytest.mark.parametrize(
    "text",
    [
        "Fine. See <code> <!--\n\nAnd pay them.",
        "Fine. <code> <x/title='And pay them.'>",
        "Fine.\n\n[//]: # (And pay them.)",
        "Fine.\n\n[x]: https://example.org 'And pay them.'",
        ">" * 20_000 + " And pay them.",
    ],
    ids=["a comment", "a tag in code", "a remark", "a title", "deep quotes"],
)
async def test_nothing_a_model_writes_hides_a_part_of_it(watched: Watched, text: str) -> None:
    await watched.start("[[sim: text=x rate=0]]")
    await watched.comes_to("completed")
    shown = await watched.page.evaluate(
        """text => {
          const place = document.body.appendChild(document.createElement("div"));
          new Passage(place).show(text, { isWhole: true, isRaw: false });
          return place.innerText;
        }""",
        text,
    )
    assert "And pay them." in shown


async def test_a_retry_is_watched_with_what_it_keeps_in_words(watched: Watched) -> None:
    run = await watched.start("[[sim: text=mended rate=0]]", FAILS)
    await watched.named("button", "Retry").click()
    await watched.page.get_by_label("Token", exact=True).fill(watched.stack.stack["token"])
    await watched.named("button", "Go on").click()
    another = "before => !location.hash.includes(before)"
    await watched.page.wait_for_function(another, arg=run.run_id)
    await watched.comes_to("failed")
    await watched.step(0).get_by_text("mended", exact=True).wait_for()
    async with watched.stack.client() as client:
        [fork] = [each async for each in client.runs.forks(run.run_id)]
        steps = [step async for step in client.runs.steps(fork.run_id)]
    assert [step.kept for step in steps] == [True, False]


async def test_a_retry_is_not_offered_where_the_api_has_none(watched: Watched) -> None:
    async def none(route: Route) -> None:
        await route.fulfill(status=404)
        asked.set()

    asked = asyncio.Event()
    await watched.page.route("**/retry", none)
    await watched.start(FAILS)
    await watched.comes_to("failed")
    await asked.wait()
    assert not await watched.page.locator("#retry").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_anybody_can_use_it_on_a_phone_and_on_a_desk_by_day_and_by_night(
    watched: Watched, scheme: str, size: dict[str, int]
) -> None:
    page = watched.page
    await page.set_viewport_size({"width": size["width"], "height": size["height"]})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await opened(watched, review())
    await watched.comes_to("waiting")
    await watched.step(4, ".fold").wait_for()
    assert await violations(page) == []
    await watched.start(FAILS)
    await watched.comes_to("failed")
    assert await violations(page) == []
    await _says(watched, MARKDOWN)
    await watched.comes_to("completed")
    await watched.step(0, "pre").wait_for()
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") == size["width"]
