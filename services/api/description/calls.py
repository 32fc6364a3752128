"""The two calls that describe all calls, themselves too."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import ClassVar

import pydantic_core
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.api.description.openapi import document
from services.api.description.page import page
from services.api.http.answers import JsonText
from services.api.http.calls import Call, Calls, Described
from shared.flow import JSON

HTML = "text/html"
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


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

    @cache
    def rendered() -> str:
        return page(document(whole))

    @own.get(
        "/openapi.json",
        "The description of all calls",
        answers=(Described(200, "An OpenAPI 3.1 document", OpenApi),),
        access="open",
    )
    async def openapi(request: Request) -> Response:
        """Describes every call for programs: what it takes, what it answers, how it refuses."""
        return JsonText(described())

    @own.get(
        "/docs",
        "The same as a page",
        answers=(Described(200, "A page that needs nothing from elsewhere", media_type=HTML),),
        access="open",
    )
    async def docs(request: Request) -> Response:
        """Describes every call for people."""
        return HTMLResponse(rendered(), headers={"content-security-policy": POLICY})

    whole = (*calls, *own)
    return whole
