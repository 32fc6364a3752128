"""Parked runs on the terminal."""

from __future__ import annotations

import json
import re
from typing import Any

from services.api.admin.parked_models import EndAnswer, ParkedList, ReleaseAnswer
from tests.unit.cli.command import penstock
from tests.unit.cli.script import RUN, Script
from tests.unit.client.scripted_penstock import answer

PARKED = "/api/v1/admin/parked"
LISTED: Any = ParkedList.EXAMPLE
RELEASED: Any = ReleaseAnswer.EXAMPLE
ENDED: Any = EndAnswer.EXAMPLE


async def test_parked_runs_are_listed_with_why_and_what_to_do(script: Script) -> None:
    listed = {**LISTED, "more": 3, "silent_partitions": [2, 5]}
    script.stack.on("GET", PARKED, answer(listed))
    ended = await penstock("parked", "--limit", "7", directory=script.directory)
    assert ended.code == 0
    first, *lines = ended.out.splitlines()
    item = LISTED["items"][0]
    assert re.fullmatch(rf"{item['run_id']}  default  parked \d+[smhd] ago", first)
    assert all(len(line) <= 80 and line.startswith("  ") for line in lines if line)
    told = " ".join(" ".join(lines).split())
    assert told == f"unknown_fact: {item['by'][0]['explanation']}"
    assert "At least 3 more are parked." in ended.err
    assert "partitions 2, 5" in ended.err
    assert "penstock parked release RUN" in ended.err
    assert script.stack.requests[-1].query == {"limit": "7"}


async def test_an_empty_list_says_so(script: Script) -> None:
    empty = {"items": [], "more": 0, "silent_partitions": []}
    script.stack.on("GET", PARKED, answer(empty))
    ended = await penstock("parked", directory=script.directory)
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == "No run is parked, as far as is known.\n"


async def test_a_run_is_released_or_still_parked(script: Script) -> None:
    path = f"{PARKED}/{RUN}/release"
    script.stack.on("POST", path, answer(RELEASED))
    ended = await penstock("parked", "release", RUN, directory=script.directory)
    assert (ended.code, ended.out) == (0, f"{RUN} released\n")
    looks = [
        {"service": "scheduler", "instance": "a", "outcome": "parked", "explanation": "Not known."},
        {"service": "projector", "instance": None, "outcome": "not_parked", "explanation": "No."},
    ]
    still = {**RELEASED, "status": "parked", "by": looks}
    script.stack.on("POST", path, answer(still))
    ended = await penstock("parked", "release", RUN, directory=script.directory)
    assert (ended.code, ended.out) == (1, f"{RUN} is still parked\n  Not known.\n")
    ended = await penstock("parked", "release", RUN, "--json", directory=script.directory)
    assert json.loads(ended.out) == still


async def test_a_run_is_ended_with_a_reason_on_the_stack_that_is_named_first(
    script: Script,
) -> None:
    script.stack.on("POST", f"{PARKED}/{RUN}/end", answer(ENDED))
    options = ("--url", script.stack.url, "--token", "t")
    for arguments in (
        ("parked", *options, "end", RUN, "--reason", "a trial"),
        ("parked", "end", RUN, "--reason", "a trial", *options),
    ):
        ended = await penstock(*arguments, directory=script.directory / "..")
        assert ended.code == 0, ended.err
        assert ended.out == f"{RUN} failed: {ENDED['message']}\n"
        assert script.stack.requests[-1].json() == {"reason": "a trial"}


async def test_what_is_not_parked_is_refused(script: Script) -> None:
    refusal = answer({"code": "run_not_parked", "detail": "expected a parked run"}, 409)
    script.stack.on("POST", f"{PARKED}/{RUN}/end", refusal)
    ended = await penstock("parked", "end", RUN, directory=script.directory)
    assert (ended.code, ended.out, ended.err) == (2, "", "penstock: expected a parked run\n")
