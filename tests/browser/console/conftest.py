"""The console as who has signed in sees it: built once, before the stack of tests/browser.

    console     a page of an admin of the workspace `default`
    viewer      a page of somebody who only reads there, in a browser context of its own

What tests call besides: `make_user`, `sign_in`, `address`, `start_run`, `flow_of`.
"""

from __future__ import annotations

import fcntl
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import httpx2
import pytest
from penstock_client.run_results import Accepted
from playwright.async_api import Browser, BrowserContext, Page

from services.api.identity.cookie import NAME as COOKIE
from tests.architecture.source import ROOT
from tests.browser.conftest import opened_page, session_fixture
from tests.eventually import PATIENCE_SECONDS
from tests.integration.api.people import PASSWORD
from tests.stack import RunningStack

BUILD = ROOT / "deploy" / "console.py"
WORKSPACE = "default"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account, a password, and a role in a workspace."""

    id: str
    email: str
    name: str
    role: str
    workspace: str


@pytest.fixture(scope="session")
def built_console() -> None:
    """web/dist as web/ says."""
    build_console()


@pytest.fixture(scope="session")
def admin(stack: RunningStack) -> Person:
    """An admin of the workspace `default`, one for all tests."""
    return make_user(stack, "admin")


@pytest.fixture(scope="session")
def reader(stack: RunningStack) -> Person:
    """A viewer of the workspace `default`, one for all tests."""
    return make_user(stack, "viewer")


@session_fixture()
async def console(page: Page, stack: RunningStack, admin: Person, built_console: None) -> Page:
    """An empty page of the admin, signed in: `await console.goto(address(stack, "runs"))`."""
    await sign_in(page.context, stack, admin)
    return page


@session_fixture()
async def viewer(
    chromium: Browser, stack: RunningStack, reader: Person, built_console: None
) -> AsyncIterator[Page]:
    """An empty page of who only reads, which may stand beside `console`."""
    async with opened_page(chromium) as opened:
        await sign_in(opened.context, stack, reader)
        yield opened


def build_console() -> None:
    """web/dist as web/ says; of several processes the first builds it, and the others wait."""
    with BUILD.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = subprocess.run(
            [sys.executable, str(BUILD)], capture_output=True, text=True, check=False
        )
    assert built.returncode == 0, built.stdout + built.stderr


def address(stack: RunningStack, path: str, workspace: str = WORKSPACE) -> str:
    """Where a page of the console stands: `path` is what follows `/w/WORKSPACE/`."""
    return f"{stack.stack['api_url']}/w/{workspace}/{path}"


def make_user(stack: RunningStack, role: str, workspace: str = WORKSPACE) -> Person:
    """A new user with a password, who has this role in the workspace."""
    email = f"{role}-{secrets.token_hex(4)}@example.org"
    name = role.capitalize()
    with _http(stack) as http:
        made = _made(http.post("users", json={"email": email, "name": name}))
        link = made["url"].partition("#link=")[2]
        body = {"email": email, "role": role}
        _made(http.post(f"workspaces/{workspace}/members", json=body))
    with _browser(stack) as http:
        _made(http.post("links/session", json={"link": link, "password": PASSWORD}))
    return Person(made["id"], email, name, role, workspace)


async def sign_in(context: BrowserContext, stack: RunningStack, who: Person) -> None:
    """Has a browser hold a new session of theirs, as the page to sign in would."""
    with _browser(stack) as http:
        _made(http.post("session", json={"email": who.email, "password": PASSWORD}))
        value = http.cookies[COOKIE]
    url = stack.stack["api_url"]
    await context.add_cookies([{"name": COOKIE, "value": value, "url": url, "httpOnly": True}])


async def start_run(stack: RunningStack, *instructions: str, **fields: Any) -> Accepted:
    """A run of agents, one after the other, or of the `flow` among `fields`, which go along."""
    body = {"flow": flow_of(*instructions), "input": "go", **fields}
    async with stack.client() as client:
        return await client.runs.create(**body)


def flow_of(*instructions: str, **data: object) -> dict[str, Any]:
    """Agents `agent-0`, `agent-1`..., one after the other; `data` is for each of them."""
    nodes = [
        {"id": f"agent-{n}", "type": "agent", "data": {"instructions": each, **data}}
        for n, each in enumerate(instructions)
    ]
    edges = [{"source": a["id"], "target": b["id"]} for a, b in pairwise(nodes)]
    return {"nodes": nodes, "edges": edges}


def _http(stack: RunningStack) -> httpx2.Client:
    """The api with the stack's token."""
    running = stack.stack
    return httpx2.Client(
        base_url=f"{running['api_url']}/api/v1/",
        headers={"Authorization": f"Bearer {running['token']}"},
        trust_env=False,
        timeout=PATIENCE_SECONDS,
    )


def _browser(stack: RunningStack) -> httpx2.Client:
    """The api as a page of its own asks it."""
    url = stack.stack["api_url"]
    return httpx2.Client(
        base_url=f"{url}/api/v1/",
        headers={"Origin": url},
        trust_env=False,
        timeout=PATIENCE_SECONDS,
    )


def _made(answer: httpx2.Response) -> Mapping[str, Any]:
    """What was answered. Fails the test if that is a refusal."""
    assert answer.is_success, answer.text
    body: Mapping[str, Any] = answer.json()
    return body
