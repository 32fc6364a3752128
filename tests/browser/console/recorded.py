"""A run of the console, recorded: what the api told of it and when, to be played by a server that
does nothing else.

    record  a real run on a real stack, read as it happens; then its page is opened, and what that
            asks of the api is kept
    play    the same answers and, at the same pace, the same events, with the console's own files
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from playwright.async_api import Error as BrowserError
from playwright.async_api import Page, Response
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.responses import Response as Answer
from starlette.routing import Route

from cli.up.port import LOOPBACK, free_port
from services.api.pages.console import assets, console_page
from tests.browser.console.conftest import address
from tests.eventually import eventually
from tests.stack import RunningStack

KEPT_HEADERS = ("content-type", "etag")
SETTLED_SECONDS = 3.0
PACE_SECONDS = 0.004


@dataclass(slots=True)
class Recording:
    """The events with their milliseconds from the first, and answers by path and query."""

    run: str
    frames: list[tuple[float, str]] = field(default_factory=list)
    answers: dict[str, tuple[int, dict[str, str], str]] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Writes it as JSON."""
        path.write_text(json.dumps(asdict(self)))


def saved(path: Path) -> Recording:
    """A recording that was written."""
    return Recording(**json.loads(path.read_text()))


async def record(stack: RunningStack, page: Page, body: dict[str, Any]) -> Recording:
    """Runs this, and keeps what is told of it. The page is of somebody who is signed in."""
    async with stack.http() as http:
        begun = (await http.post("runs", json=body)).raise_for_status().json()
        recording = Recording(begun["run_id"])
        await _listen(http, recording)
    await page.goto(address(stack, f"runs/{recording.run}"))
    await _keep_answers(page, recording)
    return recording


async def _listen(http: httpx2.AsyncClient, recording: Recording) -> None:
    began = None
    headers = {"Accept": "text/event-stream"}
    async with http.stream("GET", f"runs/{recording.run}/events?after=0", headers=headers) as told:
        rest = ""
        async for piece in told.aiter_text():
            now = time.perf_counter()
            began = began or now
            *frames, rest = (rest + piece).split("\n\n")
            recording.frames += [(1000 * (now - began), f"{frame}\n\n") for frame in frames]


async def _keep_answers(page: Page, recording: Recording) -> None:
    """What the page asks when it is opened, and again when each part of it is."""
    pending: list[asyncio.Task[None]] = []

    async def keep(answer: Response) -> None:
        where = answer.url.partition("/api/")[2]
        if not where or "/events" in where:
            return
        headers = {k: v for k, v in answer.headers.items() if k in KEPT_HEADERS}
        with suppress(BrowserError):  # of the page that is loaded again, whose answers are gone
            recording.answers[where] = (answer.status, headers, await answer.text())

    page.on("response", lambda answer: pending.append(asyncio.ensure_future(keep(answer))))
    await page.reload()
    await page.get_by_text("Completed").first.wait_for()
    counts = [-1]

    def has_settled() -> bool:
        counts.append(len(pending))
        return counts[-1] == counts[-2]

    await eventually(has_settled, every=SETTLED_SECONDS)
    await asyncio.gather(*pending, return_exceptions=True)


@asynccontextmanager
async def playing(recording: Recording, speed: float = 1.0) -> AsyncIterator[str]:
    """The address of the run's page on a server that plays it; `speed` 0 is all at once."""

    async def events(request: Request) -> Answer:
        after = int(request.headers.get("last-event-id") or request.query_params.get("after") or 0)
        return StreamingResponse(_told(recording, after, speed), media_type="text/event-stream")

    async def answer(request: Request) -> Answer:
        query = f"?{request.url.query}" if request.url.query else ""
        found = recording.answers.get(f"{request.path_params['rest']}{query}")
        if found is None:
            return JSONResponse({"code": "not_found", "detail": "It was not recorded."}, 404)
        status, headers, text = found
        return Answer(text, status, headers)

    async def page(request: Request) -> Answer:
        return console_page(request)

    app = Starlette(
        routes=[
            Route("/api/v1/runs/{run}/events", events),
            Route("/api/{rest:path}", answer, methods=["GET", "POST"]),
            Route("/w/{rest:path}", page),
            assets(),
        ]
    )
    app.state.public_url = ""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, host=LOOPBACK, port=port, log_level="error", lifespan="off")
    )
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    try:
        yield f"http://{LOOPBACK}:{port}/w/default/runs/{recording.run}"
    finally:
        server.should_exit = server.force_exit = True
        await serving


async def _told(recording: Recording, after: int, speed: float) -> AsyncIterator[str]:
    began = time.perf_counter()
    pending: list[str] = []
    for at, frame in recording.frames:
        number = frame.partition("id: ")[2].partition("\n")[0]
        if number and int(number) <= after:
            continue
        if speed and not _is_time(began, at / speed):
            if pending:
                yield "".join(pending)
                pending = []
            await eventually(partial(_is_time, began, at / speed), every=PACE_SECONDS)
        pending.append(frame)
    yield "".join(pending)


def _is_time(began: float, milliseconds: float) -> bool:
    return 1000 * (time.perf_counter() - began) >= milliseconds
