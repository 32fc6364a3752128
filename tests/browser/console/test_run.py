"""The page of a run in Chromium: what a person sees of it, and does to it."""

from __future__ import annotations

import json
from functools import partial
from itertools import pairwise
from typing import Any

from penstock_client.run_results import Accepted
from playwright.async_api import Locator, Page, expect

from tests.browser.axe import violations
from tests.browser.console.conftest import address, flow_of, start_run
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.stack import RunningStack

expect.set_options(timeout=1_000 * PATIENCE_SECONDS)
MODEL = "claude-haiku-5-5"
SLOWLY = "[[sim: words=60 rate=30/s thinking=10]]"
HOSTILE = (
    "[[sim: text='# Rivers\\n\\nA <script>document.title=1</script> [bad](javascript:alert(1)) "
    "[good](https://example.org)\\n\\nשלום 👩‍👩‍👧‍👦\\n\\n**broken' rate=0]]"
)
TAGS = "<script>window.got=1</script><img src=x onerror=window.got=2>"
NAME = "<img src=x onerror=window.got=3> \u202eשלום\u202c\u200b"
SPITE = (
    f"{TAGS}\n\n[a](javascript:window.got=4) [b](data:text/html,x) [c](https://example.org/x) "
    "![p](https://example.org/p.png)\n\n"
    "שלום \u202eabc\u202c 👩‍👩‍👧‍👦 z\u200bw \x1b[31mred\x1b[0m\n\n"
    f"{'> ' * 99}x\n\n```js\nlet unclosed;\n{TAGS}\n"
)
ROWS = "|a|b|\n|-|-|\n" + "|x|y|\n" * 100_000
DEEP = f"{'>' * 10_000}x\n\n{'[' * 10_000}\n\n{'**a ' * 2_000}\n\n```\n{ROWS}"
FOREVER = "[[sim: forever rate=20/s]]"
REVIEW: dict[str, Any] = {
    "nodes": [
        {"id": "in", "type": "input", "data": {"label": "Question"}},
        {
            "id": "long?",
            "type": "condition",
            "data": {"branches": [{"handle": "yes", "expression": "size(output) > 1"}]},
        },
        {"id": "poet", "type": "agent", "data": {"model": MODEL, "instructions": HOSTILE}},
        {"id": "other", "type": "template", "data": {"template": "no"}},
        {"id": "publish?", "type": "approval", "data": {"prompt": "Shall it be published?"}},
        {"id": "out", "type": "output", "data": {"label": "Article"}},
    ],
    "edges": [
        {"source": "in", "target": "long?"},
        {"source": "long?", "sourceHandle": "yes", "target": "poet"},
        {"source": "long?", "sourceHandle": "else", "target": "other"},
        {"source": "poet", "target": "publish?"},
        {"source": "publish?", "sourceHandle": "approved", "target": "out"},
    ],
}


def spiteful() -> dict[str, Any]:
    """Steps that say, are called, use a tool and fail with what would harm a page."""
    schema = {"type": "object", "properties": {"id": {"type": "integer"}}}
    tool = {"kind": "nats", "name": "find", "description": "Finds.", "input_schema": schema}
    uses = f"[[sim: tool=find tool_input='{json.dumps({'id': TAGS})}' turn=1]] [[sim: text=ok]]"
    said: dict[str, dict[str, Any]] = {
        "said": {"label": NAME, "instructions": "[[sim: echo rate=0]]"},
        "deep": {"instructions": "[[sim: text=" + json.dumps(DEEP) + " chunk=20000 rate=20/s]]"},
        "tool": {"instructions": uses, "tools": [{**tool, "nats": {}}]},
        "bad": {"instructions": f"[[sim: status=400 message='{TAGS}']]"},
    }
    agents = [{"id": key, "type": "agent", "data": data} for key, data in said.items()]
    nodes = [{"id": "in", "type": "input", "data": {}}, *agents]
    edges = [{"source": a["id"], "target": b["id"]} for a, b in pairwise(nodes)]
    return {"nodes": nodes, "edges": edges}


SPITEFUL = spiteful()


async def opened(page: Page, stack: RunningStack, run: Accepted, search: str = "") -> None:
    """Returns once the run's flow is shown."""
    await page.goto(address(stack, f"runs/{run.run_id}{search}"))
    await page.locator(".run-node, canvas.run-channels").first.wait_for()


def node(page: Page, label: str) -> Locator:
    """A step in the flow, by its name."""
    return page.locator(".run-node", has=page.get_by_text(label, exact=True))


async def comes_to(page: Page, status: str) -> None:
    """Returns once the run is shown with this status."""
    await page.locator(".run-name .status", has_text=status).wait_for()


async def test_a_run_is_watched_decided_and_read_to_its_end(
    console: Page, stack: RunningStack
) -> None:
    run = await start_run(stack, flow=REVIEW, input="Why do rivers bend?")
    await opened(console, stack, run)
    await console.get_by_text("Shall it be published?").last.wait_for()
    await comes_to(console, "Waiting")
    await expect(node(console, "other")).to_contain_text("Template")
    await node(console, "other").get_by_role("img", name="Not taken").wait_for()
    await expect(console.get_by_role("group", name="From poet")).to_contain_text("שלום")
    comment = console.get_by_label("Comment")
    await comment.fill("Lovely rivers")
    await console.reload()
    await expect(comment).to_have_value("Lovely rivers")
    await console.get_by_role("button", name="Approve").click()
    await comes_to(console, "Completed")
    await expect(console.get_by_role("region", name="Story of the run")).to_be_focused()
    await console.get_by_text("was approved by").wait_for()
    output = console.locator(".run-output")
    await expect(output.get_by_role("heading", name="Rivers")).to_be_visible()
    await expect(output).to_contain_text("<script>document.title=1</script>")
    await expect(output).to_contain_text("שלום 👩‍👩‍👧‍👦")
    links = [await link.get_attribute("href") for link in await output.get_by_role("link").all()]
    assert links == ["https://example.org/"]
    await expect(console.locator(".run-line")).to_contain_text("Finished")


async def test_words_come_as_they_are_said_and_a_step_tells_what_it_was_asked(
    console: Page, stack: RunningStack
) -> None:
    said = f"Talk to {{{{who}}}}. {SLOWLY}"
    run = await start_run(stack, said, said, variables={"who": "Ada"}, input="Hello rivers")
    await opened(console, stack, run, "?step=1")
    await console.locator(".run-story h2", has_text="agent-1").wait_for()
    words = console.locator(".run-output .markdown")

    async def longer(than: int) -> bool:
        return len(await words.inner_text()) > than if await words.count() else False

    await eventually(partial(longer, 20))
    await eventually(partial(longer, 60))
    await comes_to(console, "Completed")
    await console.get_by_text("What it was asked").click()
    await console.get_by_text("Instructions, filled in").click()
    await console.get_by_text("Talk to Ada.").wait_for()
    await console.get_by_text("From agent-0").click()
    async with stack.client() as client:
        passed = await client.runs.output(run.run_id, 0)
    await expect(console.locator(".run-folded-body").last).to_contain_text(passed[:40])


async def test_a_failed_attempt_says_why_and_when_the_next_comes(
    console: Page, stack: RunningStack
) -> None:
    retry = {"max_attempts": 2, "initial_seconds": 600, "max_seconds": 600, "jitter": 0}
    flow = flow_of("Talk. [[sim: status=529]]", model=MODEL, retry=retry)
    run = await start_run(stack, flow=flow)
    await opened(console, stack, run, "?step=0")
    await console.get_by_text("Attempt 2 begins in").wait_for()
    await console.get_by_text("The model's provider failed, not your flow.").wait_for()
    await expect(node(console, "agent-0")).to_contain_text("Overloaded")
    await console.get_by_role("button", name="Stop").click()
    await comes_to(console, "Stopped")


async def test_a_failure_says_whose_it_is_and_has_the_button_that_mends_it(
    console: Page, stack: RunningStack
) -> None:
    run = await start_run(stack, flow=flow_of("Talk. [[sim: status=401]]", model=MODEL))
    await opened(console, stack, run)
    await comes_to(console, "Failed")
    await console.get_by_text("The provider does not accept the key.").wait_for()
    await console.get_by_role("link", name="Set a key").wait_for()
    await console.locator(".run-bar").get_by_role("button", name="Retry what failed").click()
    await console.wait_for_url(lambda url: run.run_id not in url)
    await console.get_by_text("Fork of").wait_for()


async def test_a_stop_leaves_a_receipt_and_who_only_reads_may_not_press_it(
    console: Page, viewer: Page, stack: RunningStack
) -> None:
    run = await start_run(stack, FOREVER)
    await opened(viewer, stack, run)
    await expect(viewer.get_by_role("button", name="Stop")).to_be_disabled()
    await viewer.get_by_text("Only members of the workspace can stop and start runs.").wait_for()
    await node(viewer, "agent-0").click()
    await viewer.get_by_text("Only members of the workspace can fork runs.").wait_for()
    await opened(console, stack, run)
    await comes_to(console, "Running")
    await console.locator(".run-node-words", has_text=" ").wait_for()
    await console.route("**/cancel?*", lambda route: route.abort())
    await console.get_by_role("button", name="Stop").click()
    await console.get_by_text("Nobody answers: the stop is sent again until it arrives.").wait_for()
    await console.unroute("**/cancel?*")
    await comes_to(console, "Stopped")
    await console.get_by_text("The run was stopped", exact=True).wait_for()
    await console.get_by_text("characters saved").wait_for()
    await comes_to(viewer, "Stopped")


async def test_nothing_that_is_said_runs_and_all_of_it_is_had_to_the_letter(
    console: Page, stack: RunningStack
) -> None:
    await console.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await opened(console, stack, await start_run(stack, flow=SPITEFUL, input=SPITE), "?step=2")
    stretches = console.get_by_role("group", name="Large text")
    await expect(stretches).to_contain_text(">>>>")
    assert await saved(console, console.locator(".run-output")) == DEEP
    await node(console, NAME).click()
    output = console.locator(".run-output")
    await expect(output).to_contain_text(TAGS)
    links = [await link.get_attribute("href") for link in await output.get_by_role("link").all()]
    assert links == ["https://example.org/x", "https://example.org/p.png"]
    await output.get_by_role("button", name="Copy", exact=True).first.click()
    await console.get_by_text("Copied").wait_for()
    assert await console.evaluate("navigator.clipboard.readText()") == SPITE
    assert await saved(console, output) == SPITE
    await node(console, "tool").click()
    story = console.get_by_role("region", name="tool")
    await story.locator(".run-call .run-failed").filter(has_text="<script>").wait_for()
    await node(console, "bad").click()
    await console.get_by_role("alert").filter(has_text=TAGS).wait_for()
    await console.get_by_role("button", name="← Whole run").click()
    await comes_to(console, "Failed")
    assert await console.locator(".run :is(img, script, iframe, object)").count() == 0
    assert await console.evaluate("window.got") is None


async def saved(page: Page, area: Locator) -> str:
    """The text that an output's button to download saves."""
    async with page.expect_download() as saving:
        await area.get_by_role("button", name="Download").click()
    return (await (await saving.value).path()).read_bytes().decode()


async def test_a_large_text_of_one_line_is_shown_by_stretches(
    console: Page, stack: RunningStack
) -> None:
    size = 20 << 20
    flow = {"nodes": [{"id": "text", "type": "input", "data": {}}], "edges": []}
    run = await start_run(stack, flow=flow, input="é" * (size // 2))
    await opened(console, stack, run)
    await comes_to(console, "Completed")
    stretches = console.get_by_role("group", name="Large text")
    await expect(stretches).to_contain_text("ééé")
    await stretches.evaluate("area => area.scrollTo(0, area.scrollHeight / 2)")
    await expect(stretches).to_contain_text("ééé")
    shown: int = await stretches.evaluate("area => area.textContent.length")
    assert 0 < shown < 200_000
    assert "\ufffd" not in (await stretches.text_content() or "")
    async with console.expect_download() as saving:
        await console.get_by_role("button", name="Download").first.click()
    saved = await (await saving.value).path()
    assert saved.stat().st_size == size


async def widths_as_it_narrows(page: Page, width: int) -> tuple[int, int]:
    """How wide the run is when the window becomes `width` wide, at once and once it rests."""
    await page.evaluate(
        """() => addEventListener('resize', () => {
            window.atOnce = document.querySelector('.run').scrollWidth;
        })"""
    )
    await page.set_viewport_size({"width": width, "height": 844})
    await page.wait_for_function("window.atOnce !== undefined")
    at_once, at_rest = await page.evaluate(
        """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(
            () => done([window.atOnce, document.querySelector('.run').scrollWidth]))))"""
    )
    return at_once, at_rest


async def test_it_is_used_by_the_keyboard_alone_and_is_accessible_in_both_themes(
    console: Page, stack: RunningStack
) -> None:
    run = await start_run(stack, flow=REVIEW, input="Why?")
    await opened(console, stack, run)
    await console.get_by_role("button", name="Approve").wait_for()
    await console.keyboard.press("/")
    await console.keyboard.type("poet")
    await console.get_by_role("option", name="poet").wait_for()
    await console.keyboard.press("ArrowDown")
    await console.keyboard.press("Enter")
    await console.locator(".run-story h2", has_text="poet").wait_for()
    await node(console, "poet").and_(console.locator(":focus")).wait_for()
    await console.keyboard.press("ArrowDown")
    await console.locator(".run-story h2", has_text="publish?").wait_for()
    for theme in ("light", "dark"):
        await console.emulate_media(color_scheme=theme, reduced_motion="reduce")
        assert await violations(console) == []
    assert await console.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert await widths_as_it_narrows(console, 390) == (390, 390)
    await console.get_by_role("button", name="Fold the flow").click()
    await expect(console.locator(".run-graph")).to_be_hidden()
    await console.get_by_role("button", name="Reject").click()
    await comes_to(console, "Completed")


async def test_a_run_that_is_not_there_says_so(console: Page, stack: RunningStack) -> None:
    await console.goto(address(stack, "runs/01a203aa-0000-7000-8000-000000000000"))
    await console.get_by_role("heading", name="This run is not here").wait_for()
    await console.get_by_role("link", name="All runs").wait_for()
