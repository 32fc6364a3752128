"""`penstock fork` and `penstock retry`: what is sent, and what is told before anything runs."""

from __future__ import annotations

import pytest

from cli.fork import read_settings
from cli.outcome import CommandError
from tests.unit.cli.command import penstock
from tests.unit.cli.script import BEGINNING, COMPLETED, RUN, SPEECH, Script
from tests.unit.client.scripted_penstock import answer

PARENT = "01a203aa-0000-7000-8000-000000000000"
PLAN = {
    "forked_from": {"run": PARENT, "from_steps": [1]},
    "kept": [{"step": 0, "node": "plan"}],
    "rerun": [{"step": 1, "node": "write"}, {"step": 2, "node": "check"}],
}
ACCEPTED = {"run_id": RUN, "status": "pending", "events_url": "", **PLAN}
FORK, RETRY = f"/api/v1/runs/{PARENT}/fork", f"/api/v1/runs/{PARENT}/retry"


async def test_a_fork_is_asked_for_with_its_changes_and_followed(script: Script) -> None:
    script.stack.on("POST", FORK, answer(ACCEPTED, 202))
    script.show()
    script.play(BEGINNING, SPEECH, COMPLETED)
    changes = ("--from", "write", "--from", "2", "--set", "write.max_tokens=50", "--until", "check")
    more = ("--input", "ebb", "--var", "tone=dry", "--version", "latest")
    ended = await penstock("fork", PARENT, *changes, *more, directory=script.directory)
    assert ended.code == 0
    assert ended.err.splitlines()[:2] == [
        f"run {RUN}, forked from {PARENT}",
        "1 step is kept, 2 run again (write, check)",
    ]
    assert "Yes, you may." in ended.out
    (request,) = script.stack.asked(FORK)
    assert request.json() == {
        "from_steps": ["write", 2],
        "input": "ebb",
        "variables": {"tone": "dry"},
        "overrides": {"write": {"max_tokens": 50}},
        "version": "latest",
        "until_steps": ["check"],
    }


async def test_what_is_left_out_is_as_it_was(script: Script) -> None:
    script.stack.on("POST", FORK, answer(ACCEPTED, 202))
    ended = await penstock(
        "fork", PARENT, "--from", "write", "--no-follow", directory=script.directory
    )
    assert (ended.code, ended.out) == (0, f"{RUN}\n")
    assert f"penstock watch {RUN}" in ended.err
    (request,) = script.stack.asked(FORK)
    assert request.json() == {"from_steps": ["write"], "version": "same"}


async def test_a_dry_run_tells_what_becomes_of_each_step(script: Script) -> None:
    script.stack.on("POST", FORK, answer(PLAN))
    ended = await penstock(
        "fork", PARENT, "--from", "write", "--dry-run", directory=script.directory
    )
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "0  kept        plan",
        "1  runs again  write",
        "2  runs again  check",
    ]
    assert ended.err.splitlines()[-1].endswith("Nothing was started.")


async def test_a_retry_is_asked_for_and_followed(script: Script) -> None:
    script.stack.on("POST", RETRY, answer(ACCEPTED, 202))
    script.show()
    script.play(BEGINNING, SPEECH, COMPLETED)
    ended = await penstock("retry", PARENT, directory=script.directory)
    assert ended.code == 0
    assert f"run {RUN}, forked from {PARENT}" in ended.err
    assert "Yes, you may." in ended.out


async def test_a_setting_that_is_none_is_refused_before_anything_is_asked(script: Script) -> None:
    ended = await penstock("fork", PARENT, "--set", "x=1", directory=script.directory)
    assert ended.code == 2
    assert "--set 'x=1': expected NODE.key=value." in ended.err
    assert script.stack.asked(FORK) == []


def test_settings_are_json_where_they_are_some_and_else_text() -> None:
    given = ["a.b.model=fast", "a.b.max_tokens=5", 'c.tools=["web_search"]', "c.name=", "d.x=a=b"]
    assert read_settings(given) == {
        "a.b": {"model": "fast", "max_tokens": 5},
        "c": {"tools": ["web_search"], "name": ""},
        "d": {"x": "a=b"},
    }


@pytest.mark.parametrize("given", ["a", "a=1", ".b=1", "a.=1"])
def test_what_names_no_node_or_no_key_is_no_setting(given: str) -> None:
    with pytest.raises(CommandError, match="expected NODE"):
        read_settings([given])


def test_a_setting_is_given_once() -> None:
    with pytest.raises(CommandError, match="is given twice"):
        read_settings(["a.b=1", "a.b=2"])
