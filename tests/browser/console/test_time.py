"""A run's time: its lanes, any of its facts, what they say, going on from a step, and comparing."""

from __future__ import annotations

import json

from playwright.async_api import Page, expect

from tests.browser.axe import violations
from tests.browser.console.conftest import address, flow_of
from tests.stack import RunningStack

POET = "Write. [[sim: text='slow river, dark bend' rate=0]]"
EDITOR = "Edit. [[sim: text='a heron waits' rate=0]]"


async def run_over(stack: RunningStack, *instructions: str) -> str:
    """A run of agents that has ended."""
    body = {"flow": flow_of(*instructions), "input": "go"}
    async with stack.http() as http:
        answer = await http.post("runs", params={"wait": 60}, json=body)
    assert answer.json()["status"] == "completed"
    return str(answer.json()["run_id"])


async def opened(console: Page, stack: RunningStack, run: str, tab: str) -> None:
    await console.goto(address(stack, f"runs/{run}"))
    await console.get_by_role("tab", name=tab).click()


async def test_the_run_is_seen_as_it_was_at_any_fact_by_keyboard(
    console: Page, stack: RunningStack
) -> None:
    await opened(console, stack, await run_over(stack, POET, EDITOR), "Timeline")
    slider = console.get_by_role("slider")
    last = await slider.get_attribute("aria-valuemax")
    await expect(slider).to_have_attribute("aria-valuenow", str(last))
    await slider.focus()
    await console.keyboard.press("Home")
    await expect(slider).to_have_attribute("aria-valuenow", "1")
    await console.get_by_role("button", name="Pin this moment").click()
    await slider.focus()
    await console.keyboard.press("End")
    changes = console.get_by_role("region", name="Changes since fact 1")
    await expect(changes).to_contain_text("Completed")
    await changes.get_by_label("What is this moment?").fill("It begins")
    await expect(console.locator(".timeline .pinned")).to_contain_text("It begins")
    await slider.focus()
    await console.keyboard.press("ArrowLeft")
    await console.get_by_role("button", name="Pin this moment").click()
    named = console.get_by_label("What is this moment?")
    await expect(named).to_have_value("")
    await named.press_sequentially("It s, nearly")
    for _ in "s, nearly":
        await console.keyboard.press("ArrowLeft")
    await console.keyboard.type("end")
    await expect(named).to_have_value("It ends, nearly")
    await console.reload()
    await expect(console.locator(".timeline .pinned")).to_have_text(
        ["It ends, nearly", "It begins"]
    )
    await console.get_by_label("Since which pinned moment").select_option("1")
    await expect(changes.get_by_label("What is this moment?")).to_have_value("It begins")
    first = console.get_by_role("listbox", name="Timeline").get_by_role("option").first
    await expect(first).to_contain_text("agent-0")
    assert not await violations(console)
    await console.emulate_media(color_scheme="dark")
    assert not await violations(console)


async def test_facts_are_filtered_by_the_address_and_opened(
    console: Page, stack: RunningStack
) -> None:
    run = await run_over(stack, POET, EDITOR)
    await opened(console, stack, run, "Facts")
    facts = console.get_by_role("listbox", name="Facts").get_by_role("option")
    await console.get_by_label("Find in facts").fill("/h.ron/")
    await expect(facts.filter(has_text="step.completed")).to_have_count(1)
    await expect(facts.filter(has_text="run.requested")).to_have_count(0)
    await facts.filter(has_text="step.completed").click()
    shown = await console.get_by_role("region", name="Fact as JSON").inner_text()
    assert json.loads(shown)["output"] == "a heron waits"
    await console.reload()
    await expect(console.get_by_role("region", name="Fact as JSON")).to_have_text(shown)
    await expect(facts).to_have_count(2)
    async with console.expect_download() as saving:
        await console.get_by_role("button", name="Download those found").click()
    lines = (await (await saving.value).path()).read_text().splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["step.turn", "step.completed"]
    await console.get_by_label("Find in facts").fill("")
    await console.get_by_role("button", name="Hide completed steps").click()
    await expect(facts.filter(has_text="agent-")).to_have_count(0)
    await expect(facts.filter(has_text="run.completed")).to_have_count(1)
    await console.goto(address(stack, f"runs/{run}?below=facts"))
    await expect(facts.filter(has_text="agent-")).not_to_have_count(0)
    await console.get_by_role("button", name="Filters used last").click()
    await expect(facts.filter(has_text="agent-")).to_have_count(0)
    await console.get_by_label("Find in facts").fill("/(/")
    await expect(console.get_by_text("Not a valid pattern")).to_be_visible()
    await console.get_by_label("Find in facts").fill("/(\\w+\\s?)+!$/")
    await expect(console.get_by_text("This pattern takes too long")).to_be_visible()


async def test_a_fork_is_planned_started_and_compared_with_its_parent(
    console: Page, stack: RunningStack
) -> None:
    run = await run_over(stack, POET, EDITOR)
    await console.goto(address(stack, f"runs/{run}?step=1"))
    await console.get_by_role("button", name="Fork from here").first.click()
    dialog = console.get_by_role("dialog")
    plan = dialog.get_by_role("region", name="What is kept and what runs again")
    await expect(plan).to_contain_text("Kept 1")
    assert not await violations(console)
    text = dialog.get_by_label("Instructions")
    await text.fill("Edit. [[sim: text='a heron flies' rate=0]]")
    await console.keyboard.press("Control+Enter")
    await expect(dialog).to_have_count(0)
    await console.get_by_role("link", name="Compare", exact=True).click()
    steps = console.get_by_role("listbox", name="Compare runs").get_by_role("option")
    await expect(steps.filter(has_text="agent-0")).to_contain_text("Kept")
    await expect(steps.filter(has_text="agent-1")).to_contain_text("Changed")
    await steps.filter(has_text="agent-1").click()
    words = console.get_by_role("region", name="Output", exact=True)
    await expect(words.locator("ins")).to_have_text("flies")
    await expect(words.locator("del")).to_have_text("waits")
    assert not await violations(console)


async def test_a_fork_runs_another_version_of_its_pipeline(
    console: Page, stack: RunningStack
) -> None:
    async with stack.http() as http:
        pipeline = {"name": "River", "flow": flow_of(POET, EDITOR)}
        made = (await http.post("pipelines", json=pipeline)).raise_for_status().json()
        body = {"pipeline_id": made["id"], "input": "go"}
        run = (await http.post("runs", params={"wait": 60}, json=body)).json()["run_id"]
        later = {"name": "River", "flow": flow_of(POET, EDITOR.replace("waits", "flies"))}
        (await http.put(f"pipelines/{made['id']}", json=later)).raise_for_status()
    await console.goto(address(stack, f"runs/{run}?step=1"))
    await console.get_by_role("button", name="Fork from here").click()
    dialog = console.get_by_role("dialog")
    version = dialog.get_by_label("Version of the pipeline")
    await expect(version.get_by_role("option")).to_have_text(
        ["The one that ran", "The latest", "2"]
    )
    await version.select_option("2")
    await expect(dialog.get_by_role("region", name="What is kept")).to_contain_text("Kept 1")
    await dialog.get_by_role("button", name="Start the fork").click()
    await expect(console.locator(".run-output")).to_contain_text("a heron flies")
