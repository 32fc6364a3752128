"""Callers of one api, each with a token of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.eventually import PATIENCE_SECONDS
from tests.integration.api.story import Service

TOKENS = "/api/v1/tokens"
USERS = "/api/v1/users"
SESSION = "/api/v1/session"
WORKSPACES = "/api/v1/workspaces"
PASSWORD = "a river of words"
WORKSPACE = "X-Penstock-Workspace"


@dataclass(frozen=True, slots=True)
class Made:
    """A token: its id and its text."""

    id: str
    token: str

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


async def made(service: Service, role: str, **more: Any) -> Made:
    """A new token, made with that of the settings."""
    answer = await service.http.post(TOKENS, json={"name": f"a {role}", "role": role, **more})
    assert answer.status_code == 201, answer.text
    return Made(answer.json()["id"], answer.json()["token"])


async def revoke(service: Service, token: Made) -> None:
    answer = await service.http.delete(f"{TOKENS}/{token.id}")
    assert answer.status_code == 204, answer.text


def somebody(url: str, token: Made | None = None) -> httpx2.AsyncClient:
    """A client that says no more of itself than its token."""
    headers = token.headers if token else {}
    return httpx2.AsyncClient(
        base_url=url, headers=headers, trust_env=False, timeout=PATIENCE_SECONDS
    )


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account and a password."""

    id: str
    email: str
    workspace: str

    @property
    def login(self) -> dict[str, str]:
        return {"email": self.email, "password": PASSWORD}


def secret_of(url: str) -> str:
    """What stands behind `#link=` in a link to an account."""
    page, _, secret = url.partition("#link=")
    assert page.endswith("/sign-in")
    return secret


async def user(service: Service, name: str, **more: Any) -> User:
    """A new user, who has set the password."""
    body = {"email": f"{name.lower()}@example.org", "name": name, **more}
    answer = await service.http.post(USERS, json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    async with browser(service.url) as page:
        body = {"link": secret_of(made["url"]), "password": PASSWORD}
        answer = await page.post("/api/v1/links/session", json=body)
        assert answer.status_code == 200, answer.text
    return User(made["id"], made["email"], made["workspace"])


async def member(service: Service, name: str, role: str, workspace: str = "default") -> User:
    """A new user who works in a workspace."""
    who = await user(service, name)
    body = {"email": who.email, "role": role}
    answer = await service.http.post(f"{WORKSPACES}/{workspace}/members", json=body)
    assert answer.status_code == 201, answer.text
    return who


def browser(url: str, **more: str) -> httpx2.AsyncClient:
    """A page of the api's own; `more` are headers."""
    headers = {"Origin": url, **more}
    return httpx2.AsyncClient(
        base_url=url, headers=headers, trust_env=False, timeout=PATIENCE_SECONDS
    )


@asynccontextmanager
async def logged_in(
    url: str, who: User, workspace: str | None = None
) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser of who has logged in; it asks in this workspace, if one is named."""
    async with browser(url, **({WORKSPACE: workspace} if workspace else {})) as page:
        answer = await page.post(SESSION, json=who.login)
        assert answer.status_code == 200, answer.text
        yield page


def cookie_of(page: httpx2.AsyncClient) -> str:
    """The session that a browser holds."""
    value = page.cookies["penstock_session"]
    assert isinstance(value, str)
    return value


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """The status and the code."""
    return answer.status_code, answer.json()["code"]
