"""The pages, and what stands at `/` for programs."""

from __future__ import annotations

from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from services.api.http.answers import JSON_TYPE, Answer
from services.api.http.calls import Calls, Described
from services.api.http.headers import preferred
from services.api.http.models import Shape
from services.api.pages.console import console_page
from services.api.pages.page import ANSWER, WATCH, response_of
from shared.flow import JSON

HTML = "text/html"

CALLS = Calls("Service")


class Welcome(Shape):
    """Where things are, each as a path."""

    EXAMPLE: ClassVar[JSON] = {
        "name": "Penstock",
        "docs": "/docs",
        "openapi": "/openapi.json",
        "runs": "/api/v1/runs",
        "watch": "/watch",
        "health": "/health/ready",
    }

    name: str
    docs: str
    openapi: str
    runs: str
    watch: str
    health: str


@CALLS.get(
    "/",
    "What stands here",
    answers=(
        Described(200, "Where things are", Welcome),
        Described(200, "The console, for a browser", media_type=HTML),
    ),
    access="open",
)
async def home(request: Request) -> Response:
    """The console for a browser, which asks who is there before it shows anything of a workspace.

    JSON for programs.
    """
    if preferred(request, (JSON_TYPE, HTML)) == HTML:
        return console_page(request)
    return Answer(Welcome.model_validate(Welcome.EXAMPLE), headers={"vary": "accept"})


@CALLS.get(
    "/watch",
    "A page to watch a run with",
    answers=(Described(200, "A page that needs nothing else", media_type=HTML),),
    access="open",
)
async def watch_page(request: Request) -> Response:
    """A page for a browser: `#events=` and an `events_url` in its address name the run to watch."""
    return response_of(WATCH, request)


@CALLS.get(
    "/answer",
    "A page to answer a question with",
    answers=(Described(200, "A page that needs nothing else", media_type=HTML),),
    access="open",
)
async def answer_page(request: Request) -> Response:
    """A page for a browser, opened by a link to an approval. Opening it decides nothing."""
    return response_of(ANSWER, request)


@CALLS.get(
    "/sign-in",
    "A page to sign in with",
    answers=(Described(200, "A page that needs nothing else", media_type=HTML),),
    access="open",
)
async def sign_in_page(request: Request) -> Response:
    """A page for a browser: by e-mail and password, or by a link. Opening a link uses nothing."""
    return console_page(request)


@CALLS.get("/w/{rest:path}", "The console in a workspace", access="open", described=False)
async def workspace_page(request: Request) -> Response:
    """A page for a browser: what it shows is asked for by it, as who has signed in."""
    return console_page(request)
