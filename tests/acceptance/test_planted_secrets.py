"""Eleven secrets planted in a whole stack, and looked for in all it writes, tells and runs."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from simulator.http.journal import fingerprint
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.api.people import browser
from tests.integration.api.signing_in import ADA, signed_in
from tests.openid_provider import OpenIdProvider, running_provider
from tests.stack import RunningStack, running_stack

OVER = frozenset({"completed", "failed", "cancelled"})
KEY = "planted-key-of-a-provider-0001"
REFUSED = "planted-key-that-is-refused-0002"
REPLACED, DELETED = "planted-key-replaced-0003", "planted-secret-deleted-0004"
UNFIT, MISPLACED = "planted key that is unfit 0005", "planted-in-another-member-0006"
SECRETS = {f"S_{n}": f"planted-secret-{n:04}" for n in (7, 8, 9, 10)}
CLIENT_SECRET = "planted-client-secret-of-openid-0011"
PLANTED = (KEY, REFUSED, REPLACED, DELETED, UNFIT, MISPLACED, *SECRETS.values(), CLIENT_SECRET)
CALLS = (
    *("runs", "provider-keys", "secrets", "audit", "admin/system", "admin/runs", "admin/parked"),
    *("tokens", "provider-keys/anthropic", "secrets/S_7", "models", "openid"),
)


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdProvider]:
    with running_provider("--require-nonce") as running:
        yield running


@pytest.fixture(scope="module")
def stack(provider: OpenIdProvider) -> Iterator[RunningStack]:
    settings = provider.settings(CLIENT_SECRET=CLIENT_SECRET)
    with running_stack(workers=1, environment=settings) as running:
        yield running


class Looks:
    """Everything that was looked at, and where something planted was found in it."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.places = 0

    def at(self, place: str, text: bytes) -> None:
        """Notes every planted secret that is in the text."""
        self.places += 1
        for secret in PLANTED:
            if secret.encode() in text:
                self.found.append(f"{secret} in {place}")


async def command(stack: RunningStack, looks: Looks, *arguments: str, typed: str) -> None:
    """A command of `penstock`, whose command line is looked at while it waits for its input."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", *arguments),
        cwd=stack.data.parent,
        env={"PENSTOCK_STACK": str(stack.data / "stack.json"), "PATH": ""},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    look_at_processes(looks)
    async with asyncio.timeout(PATIENCE_SECONDS):
        said, _ = await process.communicate(typed.encode())
    looks.at(f"the output of {' '.join(arguments)}", said)


def look_at_processes(looks: Looks) -> None:
    """The command line of every process, as `ps` and /proc tell it."""
    for process in psutil.process_iter(["cmdline"]):
        looks.at(
            f"the command line of {process.pid}", "\0".join(process.info["cmdline"] or ()).encode()
        )


async def plant(stack: RunningStack, looks: Looks, http: httpx2.AsyncClient) -> None:
    """All but the client secret, which is a setting, in the ways in which they come."""
    await command(stack, looks, "provider-key", "set", typed=REPLACED)
    await command(stack, looks, "provider-key", "set", typed=REFUSED)
    await command(stack, looks, "provider-key", "set", typed=UNFIT)
    await command(stack, looks, "provider-key", "set", typed=KEY)
    for name, value in SECRETS.items():
        await command(stack, looks, "secret", "set", name, typed=value)
    await command(stack, looks, "secret", "set", "GONE", typed=DELETED)
    await command(stack, looks, "secret", "remove", "GONE", typed="")
    for path, body in (
        ("provider-keys/anthropic", {"key": [MISPLACED]}),
        ("provider-keys/anthropic", {"key": MISPLACED + " "}),
        ("secrets/S_7", {"value": {"in": MISPLACED}}),
        ("secrets/S_7", {"value": 7, "other": MISPLACED}),
        ("secrets/S_7", [MISPLACED]),
    ):
        answer = await http.put(path, json=body)
        assert answer.status_code == 422
        looks.at(f"the refusal of {path}", answer.content)


async def run_one(http: httpx2.AsyncClient) -> str:
    """The status of a run that calls the model by the planted key."""
    flow = {"nodes": [{"id": "a", "type": "agent", "data": {"instructions": "Hi"}}], "edges": []}
    run = (await http.post("runs", json={"flow": flow})).json()["run_id"]

    async def over() -> str | None:
        told: dict[str, Any] = (await http.get(f"runs/{run}")).json()
        return told["status"] if told["status"] in OVER else None

    return await eventually(over)


async def look_everywhere(stack: RunningStack, looks: Looks, http: httpx2.AsyncClient) -> None:
    """Calls, events, pages, metrics, processes, and every file that the stack has written."""
    for path in CALLS:
        looks.at(path, (await http.get(path)).content)
    for run in (await http.get("runs")).json()["items"]:
        for part in ("", "/steps"):
            looks.at(f"the run{part}", (await http.get(f"runs/{run['run_id']}{part}")).content)
        looks.at("the events", (await http.get(f"runs/{run['run_id']}/events")).content)
    api = stack.stack["api_url"]
    for page in ("", "/admin/executions", "/metrics", "/openapi.json"):
        looks.at(page, (await http.get(f"{api}{page}")).content)
    for service in stack.stack["services"]:
        if service["monitor_url"] and service["name"] not in ("nats", "postgres"):
            looks.at("metrics", (await http.get(f"{service['monitor_url']}/metrics")).content)
    look_at_processes(looks)
    # The logs, the facts, the store of sealed values, rows, indexes and what was written ahead.
    for file in [*stack.data.rglob("*"), stack.data.parent / "output"]:
        look_at_file(looks, file)


def look_at_file(looks: Looks, path: Path) -> None:
    try:
        if path.is_file():
            looks.at(str(path), path.read_bytes())
    except FileNotFoundError:
        return  # Postgres has its own comings and goings


async def test_planted_secrets_are_nowhere(stack: RunningStack, provider: OpenIdProvider) -> None:
    looks = Looks()
    async with stack.http() as http:
        await plant(stack, looks, http)
        async with browser(stack.stack["api_url"]) as page:
            assert await signed_in(page, provider, "ada", **ADA) == "in"
        assert await run_one(http) == "completed"
        (call,) = await stack.calls("Hi")
        assert call["key_fingerprint"] == fingerprint(KEY)
        keys = (await http.get("provider-keys")).json()["items"]
        assert [each["key"] for each in keys] == ["...0001"]
        assert [each["name"] for each in (await http.get("secrets")).json()["items"]] == sorted(
            SECRETS
        )
        await look_everywhere(stack, looks, http)
    assert looks.found == []
    assert looks.places > len(PLANTED) * 10
    # They were there: the worker called the model by the key, the others are kept sealed.
    assert json.loads((stack.data / "secrets.json").read_text())["secret_key"]


def test_what_is_planted_would_be_found() -> None:
    looks = Looks()
    looks.at("here", f"a line with {KEY} in it".encode())
    assert looks.found == [f"{KEY} in here"]
