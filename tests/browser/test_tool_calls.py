"""What a person sees of an agent's tools, and of a model that failed."""

from __future__ import annotations

import json

from tests.browser.axe import violations
from tests.browser.made_stream import BEGUN, Fact, open_on, step
from tests.browser.watched import Watched

HOSTILE = "<img src=x onerror=alert(1)><b>x</b><script>document.title='got'</script>"


def call(kind: str, /, index: int, **data: object) -> Fact:
    named = {"turn": 1, "index": index, "tool": "find_item", "call_id": f"c{index}"}
    return step(kind, **{**named, **data})


async def test_calls_of_tools_are_lines_that_open_to_their_texts(watched: Watched) -> None:
    fault = {"code": "http_status", "message": "expected a status from 200 to 299, got 404"}
    facts = [
        *BEGUN,
        call("tool.called", 0, input=json.dumps({"id": HOSTILE})),
        call("tool.called", 1, input='{"id": "8"}'),
        call("tool.returned", 1, outcome="error", output="none", error=fault, seconds=0.4),
    ]
    await open_on(watched, facts)
    lines = watched.step(0, ".call")
    await lines.nth(1).wait_for()
    endings = watched.step(0, ".call .ending")
    assert await endings.all_inner_texts() == ["under way", "http_status · 0.4 s"]
    await lines.nth(1).locator("summary").click()
    error = lines.nth(1).locator(".call-error")
    await error.wait_for()
    assert await error.inner_text() == f"{fault['message']} ({fault['code']})"
    facts += [
        call("tool.returned", 0, outcome="ok", output=HOSTILE, error=None, seconds=1.5, cut=True),
        call("tool.returned", 2, outcome="unknown", output="It is not known.", seconds=0),
        step("step.completed", output="At banks."),
        {"type": "run.completed", "result": []},
    ]
    await watched.comes_to("completed")
    assert await error.is_visible()  # what was opened stays so
    await lines.nth(0).locator("summary").click()
    output = lines.nth(0).locator(".output pre")
    await output.wait_for()
    assert await output.inner_text() == HOSTILE
    assert await lines.nth(0).locator(".cut").is_visible()
    assert json.loads(await lines.nth(0).locator(".arguments pre").inner_text()) == {"id": HOSTILE}
    assert await watched.page.locator("#steps img, #steps b, #steps script").count() == 0
    assert await endings.nth(2).inner_text() == "not known whether it was done"
    assert not await violations(watched.page)


async def test_early_calls_fold_and_a_lost_one_says_that_it_was_made_again(
    watched: Watched,
) -> None:
    begun = [call("tool.called", index, input="{}") for index in range(9)]
    facts = [*BEGUN, *begun, call("tool.called", 8, input="{}", execution=2)]
    await open_on(watched, facts)
    early = watched.step(0, ".earlier")
    await early.locator("summary").first.wait_for()
    assert await early.locator("summary").first.inner_text() == "3 earlier calls"
    assert await watched.step(0, ".calls > .call").count() == 6
    last = watched.step(0, ".call .ending").last
    assert await last.inner_text() == "under way · begun 2 times"
    facts += [step("step.failed", error={"code": "x", "message": "no"}), {"type": "run.cancelled"}]
    await watched.comes_to("cancelled")
    assert await last.inner_text() == "did not return · begun 2 times"


async def test_it_says_which_model_takes_the_place_of_one_that_failed(watched: Watched) -> None:
    failed = {"code": "overloaded", "message": "no room", "retryable": True}
    facts = [
        *BEGUN,
        step("step.ready", kind="agent", model="claude-opus", **{"try": 1}),
        step("step.failed", error=failed),
        step("step.ready", kind="agent", model="claude-haiku", attempt=2, **{"try": 1}),
    ]
    await open_on(watched, facts)
    fallback = watched.step(0, ".fallback:visible")
    await fallback.wait_for()
    told = "claude-opus failed: no room (overloaded). claude-haiku takes its place."
    assert await fallback.inner_text() == told
    assert "claude-haiku" in await watched.step(0, ".meta").inner_text()
