"""The page in Chromium: what a person sees of a run, whatever happens to it and to the line."""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import accumulate
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Locator, Request

from services.api.pages.page import WATCH
from tests.browser.made_stream import BEGUN, open_on, step
from tests.browser.watched import Watched
from tests.eventually import eventually

TALKS = "Talk. [[sim: words=150 rate=60]]"
SPEAKS_IN_SIGNS = "Talk. [[sim: unicode chunk=1 rate=60]]"
NODES = "&lt;<b>bold</b><img src=x onerror=alert(1)><script>document.title='got'</script>"
MANY = 20_000


async def test_a_run_watched_from_its_middle_ends_as_one_watched_from_its_beginning(
    watched: Watched,
) -> None:
    run = await watched.start(TALKS, TALKS)
    await watched.says_more_than(1, 100)
    later = Watched(watched.stack, await watched.page.context.new_page())
    await later.page.goto(later.address(run))
    await later.says_more_than(1, 101)
    for reader in (watched, later):
        await reader.comes_to("completed")
        assert [await reader.words(n) for n in (0, 1)] == await reader.outputs_of(run, 2)
        assert await reader.step(1).get_attribute("class") == "step result"


async def test_the_page_outlives_the_api_and_ends_with_the_exact_text(watched: Watched) -> None:
    run = await watched.start(SPEAKS_IN_SIGNS, TALKS)
    await watched.says_more_than(0, 20)
    lost = asyncio.create_task(watched.page.locator("#link[data-status=lost]").wait_for())
    await watched.stack.kill("api")
    await lost
    await watched.comes_to("completed")
    assert [await watched.words(n) for n in (0, 1)] == await watched.outputs_of(run, 2)
    assert await watched.page.locator("#link").inner_text() == "completed"


async def test_a_failed_attempt_leaves_no_word_and_its_failure_is_told_until_the_next(
    watched: Watched,
) -> None:
    retry = {"max_attempts": 2, "initial_seconds": 5, "jitter": 0}
    failing = "[[sim: words=50 rate=4 cut after=20 times=1 key=browser]]"
    await watched.start(f"Talk. {failing} [[sim: text=mended rate=0]]", retry=retry)
    await watched.says_more_than(0, 10)
    await watched.step(0, ".error:visible").wait_for()
    assert await watched.words(0) == ""
    assert "connection_lost" in await watched.step(0, ".error").inner_text()
    assert "tried again" in await watched.step(0, ".state").inner_text()
    await watched.comes_to("completed")
    assert await watched.words(0) == "mended"
    assert not await watched.step(0, ".error").is_visible()
    assert "attempt 2" in await watched.step(0, ".meta").inner_text()


async def test_a_fallback_is_shown_with_the_model_it_stands_in_for(watched: Watched) -> None:
    first, second = "claude-haiku-5-5", "claude-sonnet-5-5"
    failing = "[[sim: status=529 times=1 key=fallback]] [[sim: words=40 rate=4]]"
    await watched.start(
        f"Talk. {failing}", model=first, fallbacks=[second], retry={"max_attempts": 1}
    )
    told = f"{second} in place of {first}"
    await watched.step(0, ".meta").get_by_text(told).wait_for()
    await watched.says_more_than(0, 10)
    await watched.page.reload()
    await watched.comes_to("completed")
    meta = await watched.step(0, ".meta").inner_text()
    assert meta.startswith(f"attempt 2 · {told}")


async def test_thoughts_and_tools_are_shown_until_the_outcome(watched: Watched) -> None:
    detail = {"input": {"query": "river bends"}}
    facts = [
        *BEGUN,
        step("step.thinking", offset=0, text="Where do rivers bend?"),
        step("step.tool", phase="call", tool="web_search", detail=detail),
    ]
    await open_on(watched, facts)
    await watched.step(0, ".tool:visible").wait_for()
    assert await watched.step(0, ".tool").inner_text() == "web_search: river bends"
    assert await watched.step(0, ".thinking").inner_text() == "Where do rivers bend?"
    facts += [step("step.completed", output="At banks."), {"type": "run.completed", "result": []}]
    await watched.comes_to("completed")
    assert not await watched.step(0, ".thinking").is_visible()
    assert not await watched.step(0, ".tool").is_visible()
    assert await watched.words(0) == "At banks."


async def test_what_was_used_and_what_it_costs_is_shown_for_the_run_and_each_step(
    watched: Watched,
) -> None:
    used = "[[sim: text=so rate=0 input_tokens=31 output_tokens=19 cache_read=2000 cache_5m=30]]"
    cheap, unknown = {"model": "claude-haiku-5-5"}, {"model": "claude-unheard-of-9"}
    await watched.start(f"Talk. {used}", **cheap)
    await watched.comes_to("completed")
    words = "50 tokens · 2,000 from cache · 30 to cache · $0.000036"
    for place in (watched.page.locator("#tokens"), watched.step(0, ".meta")):
        await eventually(partial(_ends_with, place, words))
    await watched.start(f"Talk. {used}", **unknown)
    await eventually(partial(_ends_with, watched.page.locator("#tokens"), "price unknown"))


async def _ends_with(place: Locator, words: str) -> bool:
    return (await place.inner_text()).endswith(words)


async def test_a_run_that_fails_says_why(watched: Watched) -> None:
    await watched.start("Talk. [[sim: status=400 message=no-such-thing]]")
    await watched.comes_to("failed")
    assert "no-such-thing" in await watched.step(0, ".error").inner_text()
    assert "no-such-thing" in await watched.page.locator("#failure-words").inner_text()


async def test_what_a_model_says_is_text_whatever_it_says(watched: Watched) -> None:
    await watched.start("[[sim: echo rate=0]]", input=NODES)
    await watched.comes_to("completed")
    await watched.step(0, ".words p").wait_for()
    assert "<b>bold</b>" in await watched.step(0, ".words").inner_text()
    elements = watched.page.locator("#steps img, #steps b, #steps script")
    assert await elements.count() == 0
    assert await watched.words(0) == NODES
    assert await elements.count() == 0
    assert (await watched.page.title()).startswith("completed · ")


async def test_a_text_too_large_for_an_event_is_a_link_and_is_shown_when_asked_for(
    watched: Watched,
) -> None:
    text = "Ein Fluß 🦦 fließt. " * 10_000
    await watched.start("[[sim: echo rate=0 chunk=5000]]", input=text)
    await watched.comes_to("completed")
    assert await watched.words(0) == ""
    link = watched.step(0, ".large a")
    assert await link.inner_text() == "Open the whole text, 235 KiB"
    await watched.named("button", "Show it here").click()
    await watched.says_more_than(0, 1)
    assert await watched.words(0) == text


async def test_twenty_thousand_deltas_are_drawn_a_frame_at_a_time(watched: Watched) -> None:
    texts = [f"{'🦦' if n % 7 == 0 else 'word'}{n} " for n in range(MANY)]
    offsets = accumulate(map(len, texts), initial=0)
    said = (
        step("step.delta", offset=offset, text=text)
        for offset, text in zip(offsets, texts, strict=False)
    )
    whole = step("step.cancelled", receipt={"text": "".join(texts)})
    await watched.page.add_init_script(
        """globalThis.written = globalThis.frames_drawn = 0;
        new MutationObserver((records) => { written += records.length; })
          .observe(document, { characterData: true, subtree: true });
        const draw = () => { frames_drawn += 1; requestAnimationFrame(draw); };
        requestAnimationFrame(draw);"""
    )
    await open_on(watched, [*BEGUN, *said, whole, {"type": "run.cancelled"}])
    await watched.comes_to("cancelled")
    assert await watched.words(0) == "".join(texts)
    written, frames = await watched.page.evaluate("[written, frames_drawn]")
    assert 0 < written <= frames + 1 < MANY / 10


async def test_a_refused_ticket_is_told_and_not_tried_again(watched: Watched) -> None:
    run = await watched.started("[[sim: text=so rate=0]]")
    asked: list[str] = []
    watched.page.on("request", lambda request: asked.append(request.url))
    await watched.page.goto(watched.address(run)[:-3])
    assert "ticket is not for this run" in await watched.notice()
    assert sum("/events" in url for url in asked) == 1
    assert await watched.page.locator("#link").inner_text() == "Refused"


async def test_an_address_in_the_query_is_taken_out_of_it_and_not_opened(watched: Watched) -> None:
    run = await watched.started("[[sim: text=so rate=0]]")
    await watched.page.goto(watched.address(run).replace("#", "?"))
    assert "which servers log" in await watched.notice()
    assert watched.page.url == f"{watched.stack.stack['api_url']}/watch"
    assert await watched.page.locator("#address").input_value() == run.events_url


@pytest.mark.parametrize("given", ["javascript:alert(1)", "http://x/y", "nonsense"])
async def test_what_is_no_address_of_events_is_refused_with_words(
    watched: Watched, given: str
) -> None:
    await watched.page.goto(f"{watched.stack.stack['api_url']}/watch#events={given}")
    assert "not the events address of a run" in await watched.notice()
    assert await watched.page.locator("#opening").is_visible()


async def test_a_run_at_another_origin_is_named_and_not_linked_to(watched: Watched) -> None:
    await watched.page.goto(
        f"{watched.stack.stack['api_url']}/watch#events=http://x.example/events"
    )
    assert "http://x.example" in await watched.notice()
    assert await watched.page.locator("a[href*='x.example']").count() == 0


async def test_no_ticket_leaves_in_a_referrer_or_to_another_address(watched: Watched) -> None:
    asked: list[Request] = []
    watched.page.on("request", lambda request: asked.append(request))
    await watched.start("[[sim: text=so rate=0]]")
    await watched.comes_to("completed")
    assert not any("ticket" in request.headers.get("referer", "") for request in asked)
    ticketed = [urlsplit(r.url).path for r in asked if "ticket" in urlsplit(r.url).query]
    assert ticketed
    beside = ("/events", "/usage", "/outline", "/waiting-for")
    assert all(path.endswith(beside) for path in ticketed)


async def test_opened_as_a_file_the_page_watches_and_says_why_it_cannot_stop(
    watched: Watched,
) -> None:
    run = await watched.started(TALKS)
    await watched.page.goto(f"{WATCH.as_uri()}#events={run.events_url}")
    await watched.says_more_than(0, 20)
    await watched.named("button", "Stop").click()
    assert "opened as a file may watch this run, not change it" in await watched.notice()
    await watched.comes_to("completed")


async def test_a_page_of_an_origin_that_may_not_read_says_which_setting_lets_it(
    watched: Watched,
) -> None:
    run = await watched.started("[[sim: text=so rate=0]]")
    await watched.page.route("**/events?*", lambda route: route.abort())
    await watched.page.goto(f"{WATCH.as_uri()}#events={run.events_url}")
    assert "name that origin in PENSTOCK_CORS_ORIGINS there" in await watched.notice()
