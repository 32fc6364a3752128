"""Limits of workspaces on the terminal: what is set, what is kept, what is used beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.api.people.limit_models import LimitsAndUse, LimitsPage, WorkspaceLimits
from tests.unit.cli.command import penstock
from tests.unit.cli.script import Script
from tests.unit.client.scripted_penstock import answer

PATH = "/api/v1/workspaces/acme/limits"
TOLD: Any = LimitsAndUse.EXAMPLE
SET: Any = WorkspaceLimits.EXAMPLE


def cells(text: str) -> list[list[str]]:
    """The words of each line."""
    return [line.split() for line in text.splitlines()]


async def test_limits_are_listed_with_what_is_used_beside_each(script: Script) -> None:
    script.stack.on("GET", "/api/v1/limits", answer(LimitsPage.EXAMPLE))
    ended = await penstock("limits", "list", directory=script.directory)
    assert cells(ended.out)[1:] == [
        ["acme", "runs_in_flight", "12", "200", "6%"],
        ["acme", "runs_a_minute", "40", "600", "7%"],
        ["acme", "stored_bytes", "50.0", "MiB", "1.0", "GiB", "5%"],
        ["acme", "tokens_a_month", "41,000,000", "50,000,000", "82%"],
        ["acme", "cost_usd_a_month", "$12.50", "$250.00", "5%"],
        ["acme", "readers", "500", "at", "each", "api"],
        ["acme", "steps_in_flight.default", "8", "8", "100%"],
    ]
    ended = await penstock("limits", "list", "--json", directory=script.directory)
    assert json.loads(ended.out) == TOLD


async def test_no_limits_at_all_is_said_with_how_to_set_some(script: Script) -> None:
    script.stack.on("GET", "/api/v1/limits", answer({"items": [], "next_cursor": None}))
    ended = await penstock("limits", "list", directory=script.directory)
    assert (ended.code, ended.out) == (0, "")
    assert "limits set SLUG" in ended.err


async def test_one_workspace_is_shown_with_what_has_no_limit(script: Script) -> None:
    script.stack.on("GET", PATH, answer({**TOLD, "runs_in_flight": None}))
    ended = await penstock("limits", "show", "acme", directory=script.directory)
    shown = cells(ended.out)
    assert shown[1] == ["acme", "runs_in_flight", "12", "no", "limit"]
    assert shown[-1] == ["acme", "steps_in_flight.local", "0", "no", "limit"]


async def test_a_limit_without_a_queue_is_not_yet_in_force(script: Script) -> None:
    used = {**TOLD["used"], "steps_in_flight": None}
    script.stack.on("GET", PATH, answer({**TOLD, "used": used}))
    ended = await penstock("limits", "show", "acme", directory=script.directory)
    assert "not yet in force" in ended.out


@pytest.mark.parametrize(
    ("given", "changed"),
    [
        (["runs_in_flight=7"], {"runs_in_flight": 7}),
        (["stored_bytes=none"], {"stored_bytes": None}),
        (["cost_usd_a_month=99.5", "readers=2"], {"cost_usd_a_month": "99.5", "readers": 2}),
        (["steps_in_flight.local=2"], {"steps_in_flight": {"default": 8, "local": 2}}),
        (["steps_in_flight.default=none"], {"steps_in_flight": None}),
        (["newer_than_this=3"], {"newer_than_this": 3}),
    ],
)
async def test_what_is_not_named_stays_as_it_was(
    script: Script, given: list[str], changed: dict[str, Any]
) -> None:
    newer = {"newer_than_this": 5}
    script.stack.on("GET", PATH, answer({**TOLD, **newer}))
    script.stack.on("PUT", PATH, answer(SET))
    ended = await penstock("limits", "set", "acme", *given, directory=script.directory)
    assert ended.code == 0, ended.err
    (asked,) = [each for each in script.stack.requests if each.method == "PUT"]
    kept = {name: value for name, value in SET.items() if name != "this_month"}
    assert json.loads(asked.body) == {**kept, **newer, **changed}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("runs_in_flight", "expected LIMIT=NUMBER or LIMIT=none"),
        ("runs_in_flight=many", "expected LIMIT=NUMBER or LIMIT=none"),
        ("runs_in_flight=-1", "expected LIMIT=NUMBER or LIMIT=none"),
        (f"runs_in_flight={'9' * 5000}", "expected LIMIT=NUMBER or LIMIT=none"),
        ("runs=1", "expected one of runs_in_flight"),
        ("steps_in_flight=1", "steps_in_flight.POOL"),
    ],
)
async def test_what_is_no_limit_is_refused_and_nothing_is_set(
    script: Script, given: str, said: str
) -> None:
    script.stack.on("GET", PATH, answer(TOLD))
    ended = await penstock("limits", "set", "acme", given, directory=script.directory)
    assert (ended.code, said in ended.err) == (2, True), ended.err
    assert not [each for each in script.stack.requests if each.method == "PUT"]
