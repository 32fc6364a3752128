"""The two calls that describe all calls, themselves too."""

from __future__ import annotations

from functools import cache

import pydantic_core
from pydantic import BaseModel, ConfigDict

from services.api.api import Api
from services.api.description.openapi import document
from services.api.description.page import page
from services.api.http.answers import JSON_TYPE, Answer, Reply
from services.api.http.call import Answered, Route
from services.api.http.requests import Request

HTML = "text/html"
POLICY = b"default-src 'none'; style-src 'unsafe-inline'"


class OpenApi(BaseModel):
    """An OpenAPI 3.1 document."""

    model_config = ConfigDict(extra="allow")


def with_description(calls: tuple[Route, ...]) -> tuple[Route, ...]:
    """The calls, and those that describe them."""

    @cache
    def described() -> bytes:
        return pydantic_core.to_json(document(routes))

    @cache
    def rendered() -> bytes:
        return page(document(routes)).encode()

    async def openapi(api: Api, request: Request) -> Reply:
        return Answer(200, described(), [(b"content-type", JSON_TYPE)])

    async def docs(api: Api, request: Request) -> Reply:
        kind = (b"content-type", b"text/html; charset=utf-8")
        return Answer(200, rendered(), [kind, (b"content-security-policy", POLICY)])

    routes = (
        *calls,
        Route(
            method="GET",
            path="/openapi.json",
            handler=openapi,
            summary="This description",
            tag="Service",
            access="open",
            answers=(Answered(200, "An OpenAPI 3.1 document", OpenApi),),
        ),
        Route(
            method="GET",
            path="/docs",
            handler=docs,
            summary="This description as a page",
            tag="Service",
            access="open",
            answers=(Answered(200, "A page that needs nothing from elsewhere", media=HTML),),
        ),
    )
    return routes
