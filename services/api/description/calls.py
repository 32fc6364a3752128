"""The calls that describe all calls, themselves too, and what the page of them is made of."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import ClassVar

import pydantic_core
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from services.api.description import page
from services.api.description.openapi import document
from services.api.http.answers import JsonText
from services.api.http.calls import Call, Calls, Described
from services.api.http.work import off_loop
from shared.flow import JSON

PAGE_CALLS = Calls("Service")


class OpenApi(BaseModel):
    """An OpenAPI 3.1 document."""

    EXAMPLE: ClassVar[JSON] = {
        "openapi": "3.1.0",
        "info": {"title": "Penstock", "version": "1"},
        "paths": {},
    }
    model_config = ConfigDict(extra="allow")


def with_description(calls: Iterable[Call]) -> tuple[Call, ...]:
    """The calls, and those that describe them."""
    own = Calls("Service")

    @cache
    def described() -> bytes:
        return pydantic_core.to_json(document(whole))

    @own.get(
        "/openapi.json",
        "The description of all calls",
        answers=(Described(200, "An OpenAPI 3.1 document", OpenApi),),
        access="open",
    )
    async def openapi(request: Request) -> Response:
        """Describes every call for programs: what it takes, what it answers, how it refuses."""
        is_made = described.cache_info().currsize > 0  # which takes most of a second, once
        return JsonText(await off_loop(is_made, described))

    whole = (*calls, *own, *PAGE_CALLS)
    return whole


@PAGE_CALLS.get(
    "/docs",
    "The same as a page",
    answers=(Described(200, "A page that needs nothing from elsewhere", media_type="text/html"),),
    access="open",
)
async def docs(request: Request) -> Response:
    """Describes every call for people: searchable, with lines to copy, to be tried with a token."""
    return page.page()


@PAGE_CALLS.get("/docs/{name}", "A file of the page", access="open", described=False)
async def asset(request: Request) -> Response:
    """The renderer, or what starts it."""
    accepted = request.headers.get("accept-encoding", "").lower()
    return await page.asset(request.path_params["name"], accepted)
