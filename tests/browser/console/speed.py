"""`python -m tests.browser.console.speed`: how much work the console is for a browser.

    speaking    50 agents that say 40 words a second each for 30 s: milliseconds of script, style
                and layout in each sixtieth of a second, the longest task
    wide        a run of 1,000 steps opened, watched and looked at from end to end: longest task
    long        a run of 10,000 facts: MB of heap after a forced collection

Each is played from a recording by a server that does nothing else, five times, beside a loop that
tells how fast this machine is. Nothing else should run. The recordings stay in a folder that may be
named, and are used again.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple, TypeAlias

from playwright.async_api import Browser, CDPSession, Page, ViewportSize, async_playwright

from tests.browser.conftest import CHROMIUM, QUIETLY
from tests.browser.console.conftest import make_user, sign_in
from tests.browser.console.recorded import Recording, playing, record, saved
from tests.eventually import PATIENCE_SECONDS
from tests.stack import running_stack

AGENTS, WORDS_A_SECOND, SECONDS = 50, 40, 30
STEPS = 1_000
FACTS_A_STEP, FACTS = 3, 10_000
TIMES = 5
FRAME_US = 1_000_000 / 60
WORK = (
    *("FunctionCall", "EvaluateScript", "v8.run", "UpdateLayoutTree", "Layout", "PrePaint"),
    *("RunMicrotasks", "TimerFire", "FireAnimationFrame", "EventDispatch", "ParseHTML"),
)
TASKS = ("RunTask", "ThreadControllerImpl::RunTask")
KINDS = (
    *("devtools.timeline", "disabled-by-default-devtools.timeline"),
    *("v8.execute", "toplevel"),
)
KEYS = (*10 * ("PageUp",), "Home", *10 * ("PageDown",), "End")
WINDOW: ViewportSize = {"width": 1280, "height": 900}
Act: TypeAlias = "Callable[[Page, str, Trace], Awaitable[None]]"
CALIBRATION = """() => {
  const began = performance.now();
  let sum = 0;
  for (let n = 0; n < 2e7; n++) sum = (sum + n * 7) % 1000003;
  return performance.now() - began + sum * 0;
}"""


def speakers() -> dict[str, Any]:
    """Agents side by side, each of whom speaks for half a minute."""
    text = " ".join(f"word{n}" for n in range(WORDS_A_SECOND * SECONDS))
    says = f"[[sim: text='{text}' rate={WORDS_A_SECOND}]]"
    nodes = [
        {"id": f"a{n}", "type": "agent", "data": {"instructions": f"{says} {n}"}}
        for n in range(AGENTS)
    ]
    return {"flow": {"nodes": nodes, "edges": []}, "input": "go"}


def many_steps(steps: int = STEPS) -> dict[str, Any]:
    """A wide flow of templates, a hundred a layer."""
    nodes = [
        {"id": f"n{n}", "type": "template", "data": {"template": f"{n}"}} for n in range(steps)
    ]
    edges = [{"source": f"n{n - 100}", "target": f"n{n}"} for n in range(100, steps)]
    return {"flow": {"nodes": nodes, "edges": edges}, "input": "go"}


async def main() -> None:
    """Records what is not there, plays it, and prints what it saw."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.console.speed")
    parser.add_argument("--recordings", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--times", type=int, default=TIMES)
    options = parser.parse_args()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIETLY)
        recordings = await _recordings(browser, options.recordings)
        for name, (title, act, _) in SCENES.items():
            found: dict[str, list[float]] = defaultdict(list)
            for _ in range(options.times):
                for what, value in (await measured(browser, recordings[name], act)).items():
                    found[what].append(value)
            _say(title)
            for what, values in found.items():
                _say(
                    f"  {what:<44}{median(values):>10.1f}   {min(values):.1f} to {max(values):.1f}"
                )
        await browser.close()


async def watch(page: Page, url: str, trace: Trace) -> None:
    """The run watched as it happened, once its page is there."""
    await page.goto(url)
    await trace.begin()
    await _until_over(page)


async def scrub(page: Page, url: str, trace: Trace) -> None:
    """The run opened as it is told, then looked at from its end to its beginning and back."""
    await trace.begin()
    await page.goto(url)
    await _until_over(page)
    await page.get_by_role("slider").first.focus()
    for key in KEYS:
        await page.keyboard.press(key)


async def measured(browser: Browser, recording: Recording, act: Act) -> dict[str, float]:
    """What doing this with a recorded run took, in a browser window of its own."""
    page = await (await browser.new_context(viewport=WINDOW)).new_page()
    calibration = await page.evaluate(CALIBRATION)
    session = await page.context.new_cdp_session(page)
    trace = Trace(session)
    async with playing(recording) as url:
        await act(page, url, trace)
        await trace.end()
    heap = await _heap(session)
    await page.context.close()
    return {
        "calibration, ms": calibration,
        "facts": len(recording.frames),
        **trace.figures(),
        "heap after a collection, MB": heap,
    }


class Trace:
    """What Chromium says its main thread did."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session
        self._events: list[dict[str, Any]] = []
        self._complete = asyncio.Event()
        session.on("Tracing.dataCollected", lambda data: self._events.extend(data["value"]))
        session.on("Tracing.tracingComplete", lambda _: self._complete.set())

    async def begin(self) -> None:
        """Starts to listen."""
        config = {"includedCategories": list(KINDS)}
        await self._session.send(
            "Tracing.start", {"traceConfig": config, "transferMode": "ReportEvents"}
        )

    async def end(self) -> None:
        """Ends, once all that was heard has come."""
        await self._session.send("Tracing.end")
        await self._complete.wait()

    def figures(self) -> dict[str, float]:
        """Milliseconds: of work in a frame, and the longest task of the page's main thread."""
        thread = self._main_thread()
        ours = [
            each
            for each in self._events
            if each.get("ph") == "X" and (each["pid"], each["tid"]) == thread
        ]
        work = sorted(
            (each for each in ours if each["name"] in WORK),
            key=lambda each: (each["ts"], -each.get("dur", 0)),
        )
        frames: dict[int, float] = defaultdict(float)
        covered = 0.0
        for event in work:  # what stands in another is counted once
            start, end = max(event["ts"], covered), event["ts"] + event.get("dur", 0)
            if end > start:
                frames[int(event["ts"] // FRAME_US)] += (end - start) / 1000
                covered = end
        tasks = [each.get("dur", 0) / 1000 for each in ours if each["name"] in TASKS]
        busy = sorted(frames.values()) or [0.0, 0.0]
        return {
            "work in a frame, p50, ms": median(busy),
            "work in a frame, p95, ms": quantiles(busy, n=100)[94],
            "longest task, ms": max(tasks, default=0.0),
            "tasks over 100 ms": sum(each > 100 for each in tasks),
        }

    def _main_thread(self) -> tuple[int, int]:
        """That in which most is evaluated."""
        counts: dict[tuple[int, int], float] = defaultdict(float)
        for event in self._events:
            if event.get("ph") == "X" and event["name"] in WORK:
                counts[event["pid"], event["tid"]] += event.get("dur", 0)
        return max(counts, key=lambda each: counts[each])


async def _until_over(page: Page) -> None:
    """Until the page says that the run is completed."""
    await page.get_by_text("Completed").first.wait_for(timeout=1_000 * PATIENCE_SECONDS)


async def _heap(session: CDPSession) -> float:
    await session.send("HeapProfiler.enable")
    await session.send("HeapProfiler.collectGarbage")
    return float((await session.send("Runtime.getHeapUsage"))["usedSize"]) / 1e6


async def _recordings(browser: Browser, folder: Path) -> dict[str, Recording]:
    paths = {name: folder / f"penstock-{name}.json" for name in SCENES}
    missing = [name for name, path in paths.items() if not path.exists()]
    if missing:
        with running_stack(workers=2) as stack:
            context = await browser.new_context()
            await sign_in(context, stack, make_user(stack, "admin"))
            page = await context.new_page()
            for name in missing:
                (await record(stack, page, SCENES[name].body())).save(paths[name])
            await context.close()
    return {name: saved(path) for name, path in paths.items()}


class Scene(NamedTuple):
    """What is recorded, and what a person does with it."""

    title: str
    act: Act
    body: Callable[[], dict[str, Any]]


SCENES = {
    "speaking": Scene("50 agents speak", watch, speakers),
    "wide": Scene("1,000 steps: open, watch, scrub", scrub, many_steps),
    "long": Scene("10,000 facts", watch, lambda: many_steps(FACTS // FACTS_A_STEP)),
}


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
