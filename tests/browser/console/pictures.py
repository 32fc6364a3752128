"""`python -m tests.browser.console.pictures FOLDER`: the console's main screens, to be looked at.

Twelve screens of a real stack in both themes: sign-in-light.png, sign-in-dark.png and so on. The
phone's is 390 pixels wide, the others 1280.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
from playwright.async_api import Browser, BrowserContext, ViewportSize, async_playwright

from tests.architecture.source import ROOT
from tests.browser.conftest import CHROMIUM, QUIETLY
from tests.browser.console.conftest import address, build_console, make_user, sign_in
from tests.stack import RunningStack, running_stack

STARTERS = sorted((ROOT / "web/src/pipelines/starters").glob("*.json"))
WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 780}
NOTES = (
    "## What herons eat\n\nThey eat **fish**, and besides\n\n- frogs and voles\n- eels\n\n"
    "The grey heron, `ardea cinerea`, stands still for up to an hour, and is very quick then.\n\n"
)
APPROVAL = 4
# Lists and figures that come after the page itself have come by then.
SETTLED = "() => new Promise((done) => requestIdleCallback(() => setTimeout(done, 800)))"


class Screen(NamedTuple):
    """A page below the workspace, and what is seen on it once it is there."""

    name: str
    path: str
    ready: str
    size: ViewportSize = WIDE


async def main() -> None:
    """Starts a stack, runs what is shown, and takes the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.console.pictures")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    build_console()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIETLY)
        with running_stack(workers=2) as stack:
            stranger, admin = await browser.new_context(), await signed_in(browser, stack)
            sign_in_page = f"{stack.stack['api_url']}/sign-in"
            await take(stranger, sign_in_page, Screen("sign-in", "", "role=textbox"), folder)
            first = Screen("first-screen", "pipelines", "role=region[name='Start from an example']")
            await take(admin, address(stack, first.path), first, folder)
            for screen in await screens(stack):
                await take(admin, address(stack, screen.path), screen, folder)
        await browser.close()


async def signed_in(browser: Browser, stack: RunningStack) -> BrowserContext:
    context = await browser.new_context()
    await sign_in(context, stack, make_user(stack, "admin"))
    return context


async def take(context: BrowserContext, url: str, screen: Screen, folder: Path) -> None:
    """The screen as a picture, in both themes."""
    page = await context.new_page()
    await page.set_viewport_size(screen.size)
    await page.goto(url)
    await page.locator(screen.ready).first.wait_for()
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await page.evaluate(SETTLED)
        await page.screenshot(path=folder / f"{screen.name}-{scheme}.png")
    await page.close()


async def screens(stack: RunningStack) -> list[Screen]:
    """Those that show something, once what they show is there."""
    async with stack.http() as http:
        pipelines = [await _run_starter(http, json.loads(path.read_text())) for path in STARTERS]
        done = await _posted(http, "runs?wait=5", {"flow": flow(), "input": "Herons"})
        step = f"runs/{done['run_id']}/steps/{APPROVAL}/decision"
        await _posted(http, step, {"decision": "approve", "comment": "Well told."})
        await http.get(f"runs/{done['run_id']}", params={"wait": 60})
        edited = {"writer": {"instructions": "Shorter. [[sim: text='Herons eat fish.' rate=0]]"}}
        body = {"from_steps": ["writer"], "overrides": edited}
        fork = await _posted(http, f"runs/{done['run_id']}/fork", body)
        failing = flow(writer="Write. [[sim: status=400]]")
        failed = await _posted(http, "runs?wait=60", {"flow": failing, "input": "Herons"})
        waiting = await _posted(http, "runs?wait=5", {"flow": flow(), "input": "Herons"})
        slow = flow(writer=says(20 * NOTES, 12))
        running = await _posted(http, "runs", {"flow": slow, "input": "Herons"})
    above = f"runs/{done['run_id']}"
    return [
        Screen("pipelines", "pipelines", ".table tbody tr, [role=row]"),
        Screen("pipeline", f"pipelines/{pipelines[2]}", ".react-flow__node"),
        Screen("running", f"runs/{running['run_id']}?step=3", ".run-life"),
        Screen("done", above, "role=heading[name='Output']"),
        Screen("failed", f"runs/{failed['run_id']}", ".run-story .notice"),
        Screen("waiting", f"runs/{waiting['run_id']}", "role=button[name='Approve']"),
        Screen("timeline", f"{above}?below=timeline", "[role=option]"),
        Screen("compare", f"runs/{fork['run_id']}/compare/{done['run_id']}", "[role=option]"),
        Screen("runs", "runs", ".table tbody tr, [role=row]"),
        Screen("phone", f"runs/{waiting['run_id']}", "role=button[name='Approve']", PHONE),
    ]


def says(text: str, rate: int) -> str:
    """Instructions of an agent that says this, at so many words a second."""
    return f"Write. [[sim: text={json.dumps(text)} rate={rate} thinking=20]]"


def flow(writer: str = says(NOTES, 200)) -> dict[str, Any]:
    """A question that two agents look into, one writes of, and a person decides on."""
    agents = {
        "facts": "Collect facts. [[sim: text='They eat fish, frogs and eels.' rate=40]]",
        "doubts": "Doubt them. [[sim: text='Some eat voles, too.' rate=30 thinking=20]]",
        "writer": writer,
    }
    nodes: list[dict[str, Any]] = [
        {"id": "question", "type": "input", "data": {"label": "Question"}},
        *(
            {"id": key, "type": "agent", "data": {"label": key.capitalize(), "instructions": text}}
            for key, text in agents.items()
        ),
        {"id": "publish", "type": "approval", "data": {"prompt": "Shall it be published?"}},
        {"id": "article", "type": "output", "data": {"label": "Article"}},
        {"id": "dropped", "type": "template", "data": {"template": "Nothing was published."}},
    ]
    pairs = (
        *(("question", "facts"), ("question", "doubts"), ("facts", "writer")),
        *(("doubts", "writer"), ("writer", "publish")),
    )
    edges = [{"source": a, "target": b} for a, b in pairs]
    gates = {"approved": "article", "rejected": "dropped"}
    edges += [{"source": "publish", "sourceHandle": k, "target": v} for k, v in gates.items()]
    return {"nodes": nodes, "edges": edges}


async def _run_starter(http: httpx2.AsyncClient, starter: dict[str, Any]) -> str:
    """Makes a pipeline of it and runs that once; its id."""
    body = {key: starter[key] for key in ("name", "flow", "tags")}
    made: str = (await _posted(http, "pipelines", body))["id"]
    given = {key: starter[key] for key in ("input", "variables")}
    await _posted(http, "runs", {"pipeline_id": made, **given})
    return made


async def _posted(http: httpx2.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await http.post(path, json=body)
    assert answer.is_success, answer.text
    made: dict[str, Any] = answer.json()
    return made


if __name__ == "__main__":
    asyncio.run(main())
