"""A flow stands where people drew it: in the editor, in its versions, on the page of its run."""

from __future__ import annotations

from functools import partial
from typing import Any

from playwright.async_api import FloatRect, Locator, Page, expect

from tests.browser.axe import violations
from tests.browser.console.conftest import address
from tests.browser.console.test_pipelines import made
from tests.browser.drawings import agent
from tests.eventually import eventually
from tests.stack import RunningStack

SAYS = "Say. [[sim: text='Done.']]"


def at(node: dict[str, Any], x: int, y: int, group: str | None = None) -> dict[str, Any]:
    return {**node, "position": {"x": x, "y": y}} | ({"parentId": group} if group else {})


def group(name: str) -> dict[str, Any]:
    return {"id": name, "type": "group", "data": {"label": name}}


# No automatic layout would draw it so: the flow leads from the right to the left.
DRAWN = {
    "nodes": [
        at(agent("first", SAYS), 900, 120),
        at(group("Research"), 300, 0),
        at(agent("reader", SAYS), 300, 40, "Research"),
        at(agent("critic", SAYS), 300, 190, "Research"),
        at(group("Writing"), 20, 90, "Research"),
        at(agent("writer", SAYS), 10, 30, "Writing"),
    ],
    "edges": [
        {"source": source, "target": target}
        for source, target in [
            ("first", "reader"),
            ("first", "critic"),
            ("reader", "writer"),
            ("critic", "writer"),
        ]
    ],
}
# As DRAWN, seen in a mirror.
TURNED = {
    node["id"]: {"x": -node["position"]["x"], "y": node["position"]["y"]} for node in DRAWN["nodes"]
}
STEPS = ("first", "reader", "critic", "writer")


async def area(found: Locator) -> FloatRect:
    """Where it stands in the window."""
    box = await found.first.bounding_box()
    assert box is not None
    return box


async def areas(page: Page, selector: str) -> dict[str, FloatRect]:
    """Where each step stands, by its name."""
    return {step: await area(page.locator(selector, has_text=step)) for step in STEPS}


def order(found: dict[str, FloatRect]) -> tuple[list[str], list[str]]:
    """The steps from left to right, and from top to bottom."""
    from_left = sorted(STEPS, key=lambda step: round(found[step]["x"]))
    return from_left, sorted(STEPS, key=lambda step: round(found[step]["y"]))


def encloses(outer: FloatRect, inner: FloatRect) -> bool:
    return (
        outer["x"] < inner["x"]
        and outer["y"] < inner["y"]
        and outer["x"] + outer["width"] > inner["x"] + inner["width"]
        and outer["y"] + outer["height"] > inner["y"] + inner["height"]
    )


ORDER = (["writer", "reader", "critic", "first"], ["reader", "first", "writer", "critic"])


async def stands_as_drawn(page: Page) -> bool:
    return order(await areas(page, ".run-node")) == ORDER


async def leads_to_the_right(page: Page, selector: str = ".card") -> bool:
    from_left, _ = order(await areas(page, selector))
    return from_left[0] == "first" and from_left[-1] == "writer"


async def leads_down(page: Page) -> bool:
    from_left, from_top = order(await areas(page, ".run-node"))
    return from_top[0] == "first" and from_top[-1] == "writer" and from_left != ORDER[0]


async def test_a_flow_stands_as_it_was_drawn_wherever_it_is_shown(
    console: Page, stack: RunningStack
) -> None:
    key = await made(stack, "Drawn", DRAWN)
    await console.goto(address(stack, f"pipelines/{key}"))
    await console.locator(".card", has_text="writer").wait_for()
    cards = await areas(console, ".card")
    assert order(cards) == ORDER
    research = await area(console.locator(".card", has_text="Research"))
    writing = await area(console.locator(".card", has_text="Writing"))
    assert all(encloses(research, cards[step]) for step in ("reader", "critic", "writer"))
    assert encloses(research, writing)
    assert encloses(writing, cards["writer"])
    assert not encloses(research, cards["first"])
    assert await violations(console) == []
    await console.get_by_role("button", name="Arrange").click()
    await eventually(partial(leads_to_the_right, console))
    await expect(console.get_by_role("button", name="As drawn")).to_be_focused()
    async with stack.client() as client:
        run = await client.runs.create(pipeline_id=key, input="Why?")
    await console.goto(address(stack, f"runs/{run.run_id}"))
    await console.locator(".run-node", has_text="writer").wait_for()
    assert order(await areas(console, ".run-node")) == ORDER
    await console.get_by_role("button", name="Arrange").click()
    for _ in range(2):
        await console.get_by_role("button", name="As drawn").wait_for()
        await eventually(partial(leads_down, console))
        await console.reload()
    await console.get_by_role("button", name="As drawn").click()
    await eventually(partial(stands_as_drawn, console))
    async with stack.http() as http:
        (await http.delete(f"pipelines/{key}")).raise_for_status()
    await console.reload()
    await console.locator(".run-node", has_text="writer").wait_for()


async def test_a_group_is_chosen_by_its_name_and_leaves_the_rest_to_the_ground(
    console: Page, stack: RunningStack
) -> None:
    key = await made(stack, "Grouped", DRAWN)
    await console.goto(address(stack, f"pipelines/{key}"))
    group = console.locator(".card", has_text="Research")
    await group.get_by_text("Research").click()
    await console.get_by_role("heading", name="Research").wait_for()
    box = await area(group)
    await console.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 4)
    await console.get_by_role("heading", name="Pipeline", exact=True).wait_for()


async def test_what_was_drawn_from_the_top_down_is_joined_from_the_top_down(
    console: Page, stack: RunningStack
) -> None:
    nodes = [at(agent("first", SAYS), 0, 0), at(agent("last", SAYS), 0, 300)]
    flow = {"nodes": nodes, "edges": [{"source": "first", "target": "last"}]}
    await console.goto(address(stack, f"pipelines/{await made(stack, 'Down', flow)}"))
    edge = await area(console.locator(".react-flow__edge-path"))
    first = await area(console.locator(".card", has_text="first"))
    last = await area(console.locator(".card", has_text="last"))
    assert edge["width"] < first["width"] / 10
    assert first["y"] < edge["y"]
    assert edge["y"] + edge["height"] < last["y"] + last["height"]


async def test_what_is_too_far_apart_is_never_an_empty_picture(
    console: Page, stack: RunningStack
) -> None:
    nodes = [at(agent("first", SAYS), 0, 0), at(agent("last", SAYS), 99_000, 0)]
    flow = {"nodes": nodes, "edges": [{"source": "first", "target": "last"}]}
    key = await made(stack, "Far", flow)
    await console.goto(address(stack, f"pipelines/{key}"))
    await expect(console.locator(".card", has_text="first")).to_be_in_viewport()
    await console.get_by_role("button", name="Fit").click()
    await expect(console.locator(".card", has_text="first")).to_be_in_viewport()
    async with stack.client() as client:
        run = await client.runs.create(pipeline_id=key, input="Why?")
    await console.goto(address(stack, f"runs/{run.run_id}"))
    await expect(console.locator(".run-node")).not_to_have_count(0)


async def test_a_run_stands_as_its_pipeline_is_drawn_by_now(
    console: Page, stack: RunningStack
) -> None:
    key = await made(stack, "Moved", DRAWN)
    async with stack.client() as client:
        run = await client.runs.create(pipeline_id=key, input="Why?")
    await console.goto(address(stack, f"runs/{run.run_id}"))
    await eventually(partial(stands_as_drawn, console))
    turned = [{**node, "position": TURNED[node["id"]]} for node in DRAWN["nodes"]]
    async with stack.http() as http:
        saved = await http.get(f"pipelines/{key}")
        body = {"name": "Moved", "flow": {**DRAWN, "nodes": turned}}
        headers = {"If-Match": saved.headers["etag"]}
        (await http.put(f"pipelines/{key}", json=body, headers=headers)).raise_for_status()
    await console.get_by_role("link", name="Moved").click()
    await console.locator(".card", has_text="writer").wait_for()
    await console.go_back()
    await eventually(partial(leads_to_the_right, console, ".run-node"))
