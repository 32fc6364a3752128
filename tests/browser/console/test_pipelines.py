"""The list of pipelines: begun from starters, run, imported, deleted and had back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.architecture.source import ROOT
from tests.browser.axe import violations
from tests.browser.console.conftest import address
from tests.browser.drawings import agent
from tests.stack import RunningStack

STARTERS = sorted((ROOT / "web/src/pipelines/starters").glob("*.json"))
FOREIGN = {
    "nodes": [
        {"id": "start", "type": "startNode", "position": {"x": 0, "y": 0}},
        {"id": "ask", "type": "llmNode", "data": {"prompt": "Say it. [[sim: text=said rate=0]]"}},
        {"id": "pick", "type": "condition", "data": {}},
        {"id": "odd", "type": "__proto__", "data": {}},
        5,
    ],
    "edges": [{"source": "start", "target": "ask"}, {"source": "ask", "target": "pick"}],
}

# More than a body may have.
HEAVY = {"nodes": [{"id": "a", "type": "note", "data": {"n": [0] * 600_001}}]}


async def made(stack: RunningStack, name: str, flow: dict[str, Any]) -> str:
    """The id of a new pipeline."""
    async with stack.http() as http:
        answer = await http.post("pipelines", json={"name": name, "flow": flow})
    return str(answer.raise_for_status().json()["id"])


@pytest.mark.parametrize("path", STARTERS, ids=lambda path: path.stem)
async def test_each_starter_can_run_and_ends_well(stack: RunningStack, path: Any) -> None:
    starter = json.loads(path.read_text())
    async with stack.http() as http:
        judged = (await http.post("flows/validate", json={"flow": starter["flow"]})).json()
        assert judged["problems"] == []
        assert judged["warnings"] == []
    async with stack.client() as client:
        asked = {key: starter[key] for key in ("flow", "input", "variables")}
        run = await client.runs.create(**asked)
        async for _, view in client.runs.watch(run.run_id):
            if view.status in {"waiting", "completed"}:
                break
        has_question = any(node["type"] == "approval" for node in starter["flow"]["nodes"])
        assert view.status == ("waiting" if has_question else "completed")
        if has_question:
            await client.runs.cancel(run.run_id)


async def test_a_starter_is_run_in_three_presses(console: Page, stack: RunningStack) -> None:
    await made(stack, "One that is there", {"nodes": [agent("a", "x")], "edges": []})
    await console.goto(address(stack, "pipelines"))
    await console.get_by_role("button", name="New pipeline").click()
    await console.get_by_role("button", name="Try it: Research a question").click()
    dialog = console.get_by_role("dialog", name="Run Research a question")
    await expect(dialog.get_by_label("Input")).to_have_value("How do tides make electricity?")
    await expect(dialog.get_by_label("audience")).to_have_value("curious adults")
    await console.keyboard.press("Control+Enter")
    await console.wait_for_url("**/w/default/runs/*")
    await console.goto(address(stack, "pipelines?search=Research"))
    row = console.get_by_role("row", name="Research a question")
    await row.get_by_role("link", name="Completed").wait_for()
    await expect(row).to_contain_text("100 %")


async def test_what_is_pasted_is_explained_node_by_node(console: Page, stack: RunningStack) -> None:
    await console.goto(address(stack, "pipelines"))
    await console.get_by_role("button", name="Import", exact=True).click()
    dialog = console.get_by_role("dialog", name="Import a pipeline")
    text = dialog.get_by_label("JSON", exact=True)
    for wrong, told in (
        ("{", "Expected JSON"),
        ("[]", "got a list"),
        ("null", "it has neither"),
        ("5", "it has neither"),
        ('{"a": 1}', "it has neither"),
        ("x" * 2_000_000, "Expected JSON"),
        (json.dumps(HEAVY), "keys and values"),
        (json.dumps({"kind": "pipeline", "format": 1, "flow": HEAVY}), "keys and values"),
    ):
        if await dialog.get_by_role("button", name="Clear").is_visible():
            await dialog.get_by_role("button", name="Clear").click()
        await text.fill(wrong)
        await dialog.get_by_role("alert").filter(has_text=told).wait_for()
    await dialog.get_by_role("button", name="Clear").click()
    await text.fill(json.dumps(FOREIGN))
    await expect(dialog.get_by_label("llmNode (1)")).to_have_value("agent")
    mends = dialog.get_by_role("status").filter(has_text="to fix")
    await expect(mends.get_by_role("listitem").filter(has_text="pick")).to_contain_text("branch")
    await dialog.get_by_label("Name").fill("From elsewhere")
    await dialog.get_by_role("button", name="Import anyway, fix later").click()
    await console.get_by_role("heading", name="From elsewhere").wait_for()
    await expect(console.get_by_role("button", name="Run", exact=True)).to_be_disabled()


async def test_it_is_deleted_and_had_back(console: Page, stack: RunningStack) -> None:
    await made(stack, "Soon gone", {"nodes": [agent("a", "x")], "edges": []})
    await console.goto(address(stack, "pipelines?search=Soon"))
    await console.get_by_role("button", name="More: Soon gone").click()
    await console.get_by_role("menuitem", name="Delete").click()
    await console.get_by_text("No pipeline has that name.").wait_for()
    await console.get_by_label("Deleted ones").check()
    await console.get_by_role("button", name="Restore Soon gone").click()
    await console.get_by_text("Nothing to restore").wait_for()
    await console.get_by_label("Deleted ones").uncheck()
    await console.get_by_role("link", name="Soon gone").wait_for()


async def test_one_that_others_deleted_is_not_run_and_can_be_had_back(
    console: Page, stack: RunningStack
) -> None:
    key = await made(stack, "Gone meanwhile", {"nodes": [agent("a", "x")], "edges": []})
    await console.goto(address(stack, "pipelines?search=Gone"))
    await console.get_by_role("button", name="Run Gone meanwhile").click()
    dialog = console.get_by_role("dialog")
    await dialog.get_by_label("Input").fill("typed")
    async with stack.http() as http:
        (await http.delete(f"pipelines/{key}")).raise_for_status()
    await dialog.get_by_role("button", name="Run", exact=True).click()
    await dialog.get_by_text("This pipeline is not here").wait_for()
    await dialog.get_by_role("button", name="Restore").click()
    await dialog.get_by_text("This pipeline is not here").wait_for(state="detached")
    await expect(dialog.get_by_label("Input")).to_have_value("typed")
    await dialog.get_by_role("button", name="Run", exact=True).click()
    await console.wait_for_url("**/runs/*")


async def test_who_only_reads_sees_why_they_may_not(viewer: Page, stack: RunningStack) -> None:
    key = await made(stack, "Only looked at", {"nodes": [agent("a", "x")], "edges": []})
    await viewer.goto(address(stack, "pipelines?search=Only"))
    await expect(viewer.get_by_role("button", name="Run Only looked at")).to_be_disabled()
    await expect(viewer.get_by_role("button", name="New pipeline")).to_be_disabled()
    await viewer.goto(address(stack, f"pipelines/{key}?node=a"))
    await viewer.get_by_text("Only members and admins can change this.").wait_for()
    await expect(viewer.get_by_label("Label")).to_be_disabled()
    await expect(viewer.get_by_role("button", name="Run", exact=True)).to_be_disabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_anybody_can_use_it(console: Page, stack: RunningStack, scheme: str) -> None:
    await made(stack, "A name that is so long that no telephone has room for it " * 3, FOREIGN)
    await console.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await console.goto(address(stack, "pipelines"))
    await console.get_by_role("link", name="A name that is so long").first.wait_for()
    await console.get_by_role("button", name="New pipeline").click()
    assert await violations(console) == []
