"""`usage`: what a person sees at 80 columns, what is asked for, and what is refused."""

from __future__ import annotations

import pytest

from tests.unit.cli.command import Ended, penstock
from tests.unit.cli.script import Script
from tests.unit.client.scripted_penstock import answer

COUNTS = {"input_tokens": 41_031, "output_tokens": 1_319, "cache_read_tokens": 2_000_000}


def item(**fields: object) -> dict[str, object]:
    kinds = dict.fromkeys(("day", "pipeline_id", "pipeline_name", "agent", "model"))
    return {**kinds, "usage": COUNTS, "cost_usd": "1.500000", **fields}


def report(*items: object, left_out: int = 0) -> dict[str, object]:
    return {
        "since": "2026-11-01T00:00:00Z",
        "until": "2026-11-28T09:30:00Z",
        "usage": COUNTS,
        "cost_usd": "3.000000",
        "items": list(items),
        "left_out": left_out,
    }


async def usage(script: Script, *options: str, columns: str = "80") -> Ended:
    return await penstock(
        "usage", *options, directory=script.directory, environ={"COLUMNS": columns}
    )


async def test_what_was_used_is_shown_by_what_is_asked_with_its_sum(script: Script) -> None:
    named = item(pipeline_id="p", pipeline_name="far too long a name " * 9, model="haiku")
    unknown = item(cost_usd=None)
    script.stack.on("GET", "/api/v1/usage", answer(report(named, unknown, left_out=1_200)))
    ended = await usage(script, "--by", "pipeline,model", "--limit", "2")
    assert ended.code == 0, ended.err
    header, first, second, whole, times = (line.rstrip() for line in ended.out.splitlines())
    assert header.split() == ["pipeline", "model", "in", "out", "cached", "cost"]
    assert first.startswith("far too long")
    assert first.split()[-4:] == ["41.0k", "1319", "2.0M", "$1.50"]
    assert len(first) <= 80
    assert second.endswith("?")
    assert whole.startswith("all ")
    assert whole.endswith("$3.00")
    assert times == "2026-11-01T00:00:00Z to 2026-11-28T09:30:00Z"
    assert "1,200 more cost less" in ended.err


async def test_it_is_asked_for_as_the_options_say(script: Script) -> None:
    script.stack.on("GET", "/api/v1/usage", answer(report()))
    since = "2026-11-01T00:00:00Z"
    ended = await usage(script, "--by", "day, agent", "--since", since, "--limit", "7")
    assert ended.code == 0, ended.err
    (request,) = script.stack.asked("/api/v1/usage")
    assert request.query == {"group_by": "day,agent", "limit": "7", "since": since}
    assert "No model was called" in ended.err


@pytest.mark.parametrize("options", [("--by", "week"), ("--by", ","), ("--since", "soon")])
async def test_what_cannot_be_asked_is_told(script: Script, options: tuple[str, str]) -> None:
    ended = await usage(script, *options)
    assert ended.code == 2
    assert "expected" in ended.err
