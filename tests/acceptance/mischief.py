"""What strangers and clumsy colleagues try on people, keys and runs: what they are told, and find.

python -m tests.acceptance.mischief              on a stack of its own, with 2,000 runs to cancel
python -m tests.acceptance.mischief --runs 100000

A row of REQUESTS is one request; what takes more is a function, in TRICKS. Each is followed by a
look into Postgres: rows are as they were, or are what they must be, and no answer has a word of the
other workspace. Ends with 1 if one was not well.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import httpx2
from rich.console import Console
from rich.table import Table

from shared.flow import JSON
from tests.acceptance.mischief_tricks import TRICKS
from tests.acceptance.mischief_world import (
    KEY,
    MARK,
    OURS,
    THEIRS,
    Trick,
    Tried,
    World,
    changed,
    made_world,
    said,
)
from tests.eventually import PATIENCE_SECONDS
from tests.integration.api.people import WORKSPACE
from tests.stack import running_stack

RUNS = 2_000
WIDTH = 150


class Request(NamedTuple):
    """One request: whose, and how it must be answered. `{names}` in a path are Globex's ids."""

    who: str
    method: str
    path: str
    status: int
    code: str
    body: object = None
    headers: Mapping[str, str] = {}


_ABROAD = {"Origin": "https://evil.example"}
_TOKEN = {"name": "t", "role": "admin"}
_ROLE = {"role": "admin"}
_MEMBERS = f"/api/v1/workspaces/{OURS}/members"
_INVITE = {"email": "eve@example.org", "role": "admin"}
_FLOW: JSON = {"flow": {"nodes": [], "edges": []}}

REQUESTS: Mapping[str, Request] = {
    "a stranger reads": Request("", "GET", "/api/v1/runs", 401, "unauthorized"),
    "a stranger makes a token": Request("", "POST", "/api/v1/tokens", 401, "unauthorized", _TOKEN),
    "a viewer starts a run": Request("viewer", "POST", "/api/v1/runs", 403, "forbidden", _FLOW),
    "a viewer reads the audit": Request("viewer", "GET", "/api/v1/audit", 403, "forbidden"),
    "a viewer makes an invite": Request(
        "viewer", "POST", "/api/v1/invites", 403, "forbidden", _INVITE
    ),
    "an admin makes a workspace": Request(
        "admin", "POST", "/api/v1/workspaces", 403, "forbidden", {"slug": "x", "name": "x"}
    ),
    "another's run": Request("admin", "GET", "/api/v1/runs/{run}", 404, "not_found"),
    "another's run, stopped": Request(
        "admin", "POST", "/api/v1/runs/{run}/cancel", 404, "not_found"
    ),
    "another's question": Request(
        "admin", "POST", "/api/v1/runs/{run}/steps/0/decision", 404, "not_found",
        {"decision": "approve"},
    ),
    "another's job": Request("admin", "POST", "/api/v1/jobs/{job}/cancel", 404, "not_found"),
    "another's agent": Request("admin", "DELETE", "/api/v1/agents/{agent}", 404, "not_found"),
    "another's versions": Request(
        "admin", "GET", "/api/v1/pipelines/{pipeline}/versions/1", 404, "not_found"
    ),
    "another's alias": Request(
        "admin", "PUT", "/api/v1/pipelines/{pipeline}/aliases/prod", 404, "not_found",
        {"version": "1"},
    ),
    "another's pipeline, exported": Request(
        "admin", "GET", "/api/v1/pipelines/{pipeline}/export", 404, "not_found"
    ),
    "another's secret": Request("admin", "GET", "/api/v1/secrets/ZEBRA", 404, "not_found"),
    "another's members": Request(
        "admin", "GET", f"/api/v1/workspaces/{THEIRS}/members", 404, "not_found"
    ),
    "a token, another workspace in a header": Request(
        "admin", "PUT", "/api/v1/secrets/X", 404, "not_found", {"value": "x"}, {WORKSPACE: THEIRS}
    ),
    "an expired token": Request("expired", "GET", "/api/v1/runs", 401, "unauthorized"),
    "a revoked token": Request("revoked", "GET", "/api/v1/runs", 401, "unauthorized"),
    "a session without Origin": Request(
        "Ann", "POST", "/api/v1/tokens", 403, "origin_missing", _TOKEN, {WORKSPACE: OURS}
    ),
    "a session of a foreign page": Request(
        "Ann", "POST", "/api/v1/tokens", 403, "origin_foreign", _TOKEN, {WORKSPACE: OURS, **_ABROAD}
    ),
    "a login by a foreign page": Request(
        "", "POST", "/api/v1/session", 403, "origin_foreign",
        {"email": "ann@example.org", "password": "a river of words"}, _ABROAD,
    ),
    "a session in another's workspace": Request(
        "Ann", "GET", "/api/v1/runs", 404, "not_found", None, {WORKSPACE: THEIRS}
    ),
    "a slug that was taken": Request(
        "settings", "POST", "/api/v1/workspaces", 409, "workspace_taken",
        {"slug": OURS, "name": "x"},
    ),
    "a slug that is reserved": Request(
        "settings", "POST", "/api/v1/workspaces", 409, "workspace_reserved",
        {"slug": "admin", "name": "x"},
    ),
    "a slug that is none": Request(
        "settings", "POST", "/api/v1/workspaces", 422, "invalid_request",
        {"slug": "A team", "name": "x"},
    ),
    "a slug with a NUL": Request(
        "settings", "DELETE", f"/api/v1/workspaces/a%00b/members/{OURS}", 404, "not_found"
    ),
    "a key that the provider refuses": Request(
        "admin", "PUT", "/api/v1/provider-keys/anthropic", 422, "provider_key_refused",
        {"key": "sk-ant-api03-refused-key-0001"},
    ),
    "a key with a line end": Request(
        "admin", "PUT", "/api/v1/provider-keys/anthropic", 422, "invalid_request",
        {"key": f"{KEY}\n"},
    ),
    "a secret named like a path": Request(
        "admin", "PUT", "/api/v1/secrets/..%2F..%2Fetc%2Fpasswd", 400, "bad_name", {"value": "x"}
    ),
    "a member nobody knows": Request(
        "admin", "POST", _MEMBERS, 404, "not_found", {"email": "nobody@example.org", **_ROLE}
    ),
}  # fmt: skip


async def _one(request: Request, world: World) -> Tried:
    """The request; after it nothing is another than before."""
    before = await world.rows()
    async with world.asking(request.who, **request.headers) as client:
        if request.who == "settings":
            client.headers.update(world.service.http.headers)
        path = request.path.format_map(world.ids)
        answer = await client.request(request.method, path, json=request.body)
    seen = (answer.status_code, answer.json().get("code"))
    found = changed(before, await world.rows())
    return Tried([answer], found, (request.status, request.code) == seen and "unch" in found)


def _told(name: str, tried: Tried) -> str:
    """What the answers have of Globex that was not in the question: nothing, it should be."""
    words = (MARK, KEY) if name != "a key with a line end" else (MARK,)
    leaked = any(
        word in answer.text and word not in str(answer.request.url)
        for answer in tried.answers
        for word in words
    )
    return "TOLD OF GLOBEX" if leaked else "nothing told"


async def _all(runs: int) -> bool:
    table = Table("tried", "status", "said", "found afterwards", show_lines=True, width=WIDTH)
    tricks: dict[str, Trick] = {name: partial(_one, each) for name, each in REQUESTS.items()}
    is_well = True
    with running_stack(workers=1) as stack:
        async with stack_http(stack.stack["api_url"], stack.stack["token"]) as http:
            world = await made_world(stack, http, runs)
            for name, trick in {**tricks, **TRICKS}.items():
                tried = await trick(world)
                told = _told(name, tried)
                good = tried.is_well and told == "nothing told"
                is_well &= good
                statuses = ", ".join(str(each.status_code) for each in tried.answers[:4])
                mark = "" if good else "NOT WELL: "
                last = said(tried.answers[-1]) if tried.answers else ""
                table.add_row(name, statuses, last, f"{mark}{tried.found}; {told}")
    Console(width=WIDTH, markup=False, highlight=False).print(table)
    return is_well


def stack_http(url: str, token: str) -> httpx2.AsyncClient:
    """Who runs the installation."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.AsyncClient(
        base_url=url, headers=headers, trust_env=False, timeout=PATIENCE_SECONDS
    )


def main() -> None:
    """Tries everything, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="runs that are cancelled at once")
    sys.exit(not asyncio.run(_all(parser.parse_args().runs)))


if __name__ == "__main__":
    main()
