"""`runs`, `show`, `pipelines`, `agents`: what a person sees, at 80 columns and in a pipe."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from tests.unit.cli.command import Ended, penstock
from tests.unit.cli.script import RUN, Script, system
from tests.unit.client.scripted_penstock import Request, answer

USAGE = {"input_tokens": 11_031, "output_tokens": 1_319, "cache_read_tokens": 2_000}
RUNS = "/api/v1/runs"
SYSTEM = "/api/v1/admin/system"
IDS = [f"01977d6e-000{n}-7000-8000-00000000000{n}" for n in range(3)]


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def listed(number: int, status: str, **fields: object) -> dict[str, object]:
    return {"run_id": IDS[number], "status": status, "created_at": ago(7_300), **fields}


def page(*items: object) -> dict[str, object]:
    return {"items": list(items), "next_cursor": None}


def lines(ended: Ended) -> list[str]:
    assert ended.code == 0, ended.err
    return [line.rstrip() for line in ended.out.splitlines()]


async def runs(script: Script, *options: str, columns: str = "80") -> Ended:
    return await penstock(
        "runs", *options, directory=script.directory, environ={"COLUMNS": columns}
    )


async def test_runs_are_listed_with_a_header_and_wrap_nowhere(script: Script) -> None:
    done = {"started_at": ago(7_300), "finished_at": ago(7_100), "usage": USAGE}
    found = [
        listed(0, "completed", **done, cost_usd="1.5", pipeline_name="Haiku", input_preview="a\nb"),
        listed(1, "running", usage=USAGE, cost_usd=None, input_preview="far too long " * 20),
    ]
    script.stack.on("GET", RUNS, answer(page(*found)))
    header, first, second = lines(await runs(script))
    assert header.split() == [
        "run",
        "status",
        "age",
        "took",
        "tokens",
        "cost",
        "pipeline:",
        "input",
    ]
    assert first.split() == [
        "01977d6e-0000", "✓", "completed", "2h", "3m20s", "12.3k", "$1.50", "Haiku:", "a", "b"
    ]  # fmt: skip
    assert second.endswith("…")
    assert 72 < len(second) <= 80


async def test_what_is_piped_is_whole(script: Script) -> None:
    preview = "long " * 60
    script.stack.on("GET", RUNS, answer(page(listed(0, "completed", input_preview=preview))))
    _, line = lines(await runs(script, columns=""))
    assert line.startswith(IDS[0])
    assert line.endswith(preview.strip())


async def test_runs_are_listed_up_to_the_limit_and_more_are_told_of(script: Script) -> None:
    script.stack.on("GET", RUNS, answer(page(*(listed(n, "completed") for n in range(3)))))
    ended = await runs(script, "--limit", "2", "--status", "completed")
    assert len(lines(ended)) == 3
    assert ended.err == "There are more: --limit 10\n"
    assert script.stack.requests[0].query == {"status": "completed", "limit": "3"}


async def test_all_that_runs_are_asked_to_be_is_asked_at_once(script: Script) -> None:
    script.stack.on("GET", RUNS, answer(page(listed(0, "completed"))))
    options = ("--status", "failed", "--status", "waiting", "--tag", "a", "--tag", "b",
               "--metadata", "size=3", "--metadata", "ticket=A-17", "--search", "river",
               "--by", "ci", "--since",
               "2030-01-31T12:00:00Z", "--until", "3d", "--oldest")  # fmt: skip
    assert len(lines(await runs(script, *options))) == 2
    asked = dict(script.stack.requests[0].query)
    assert 71 < (datetime.now(UTC) - datetime.fromisoformat(asked.pop("created_before"))
                 ).total_seconds() / 3_600 < 73  # fmt: skip
    assert json.loads(asked.pop("metadata")) == {"size": 3, "ticket": "A-17"}
    assert asked == {
        "status": "failed,waiting", "tags": "a,b", "search": "river", "requested_by": "ci",
        "created_after": "2030-01-31T12:00:00Z", "order": "oldest", "limit": "21",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--since", "yesterday"), "expected how long ago, like 90m or 3d"),
        (("--metadata", "ticket"), "expected NAME=VALUE"),
        (("--status", "done"), "'done' is not one of"),
    ],
)
async def test_what_cannot_be_asked_is_told(
    script: Script, options: tuple[str, ...], said: str
) -> None:
    ended = await runs(script, *options)
    assert ended.code == 2
    assert said in ended.err
    assert not script.stack.requests


async def test_json_is_one_run_a_line_and_no_more_than_asked(script: Script) -> None:
    script.stack.on("GET", RUNS, answer(page(*(listed(n, "completed") for n in range(3)))))
    ended = await runs(script, "--limit", "2", "--json")
    assert [json.loads(line)["run_id"] for line in lines(ended)] == IDS[:2]
    assert ended.err == ""


async def test_a_filter_that_hides_all_is_called_so(script: Script) -> None:
    def found(request: Request) -> object:
        return page() if "status" in request.query else page(listed(0, "completed"))

    script.stack.on("GET", RUNS, lambda request: answer(found(request)))
    ended = await runs(script, "--status", "failed")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.startswith("No run is like that; there are others:")
    script.stack.on("GET", RUNS, answer(page()))
    ended = await runs(script, "--status", "failed")
    assert ended.err.startswith("No runs yet.")


@pytest.mark.parametrize(("status", "told"), [("pending", True), ("completed", False)])
async def test_runs_that_nobody_will_go_on_with_are_told_of(
    script: Script, status: str, *, told: bool
) -> None:
    script.stack.on("GET", RUNS, answer(page(listed(0, status))))
    script.stack.on("GET", SYSTEM, answer(system(workers=[])))
    ended = await runs(script)
    assert ended.err.startswith("No worker is alive") == told


async def test_a_pool_without_a_worker_is_named(script: Script) -> None:
    worker = {"worker": "w", "pools": {"local": {"slots": 1, "used": 0}}}
    script.stack.on("GET", SYSTEM, answer(system(workers=[worker], waiting=3)))
    script.show(status="running")
    ended = await penstock("show", RUN, directory=script.directory)
    assert ended.err == "No worker serves pool default: 3 steps wait.\n"
    ended = await penstock("system", directory=script.directory)
    assert "default.shared        3        0  no worker" in ended.out


async def test_of_many_queues_those_are_shown_that_hold_something(script: Script) -> None:
    told = system(workers=[])
    (shared,) = cast("list[dict[str, object]]", told["queues"])
    lanes = [{**shared, "queue": "shared1"}, {**shared, "queue": "batch", "waiting": 7}]
    script.stack.on("GET", SYSTEM, answer({**told, "queues": [shared, *lanes]}))
    ended = await penstock("system", directory=script.directory)
    assert "default.shared        0        0" in ended.out
    assert "default.batch         7        0" in ended.out
    assert "shared1" not in ended.out


async def test_a_run_is_shown_with_what_it_is_and_its_steps(script: Script) -> None:
    failure = {"code": "overloaded", "message": "busy"}
    times = {"started_at": "2026-01-05T10:00:00Z", "finished_at": "2026-01-05T10:00:46.123456Z"}
    node = {"kind": "agent", "attempt": 1}
    steps = [
        {**node, "step": 0, "node": "n1", "label": "Poet", "status": "completed", "usage": USAGE,
         "cost_usd": "0.000013", **times},
        {**node, "step": 1, "node": "n2", "status": "failed", "error": failure},
        {**node, "step": 2, "node": "n3", "status": "pending"},
    ]  # fmt: skip
    script.show(
        status="failed", created_at="2026-01-05T10:00:00Z", **times, pipeline_name="Haiku",
        input="a\nriver", variables={"tone": "dry"}, usage=USAGE, cost_usd=None, steps=steps,
        error=failure,
    )  # fmt: skip
    shown = lines(await penstock("show", RUN, directory=script.directory))
    assert shown[0] == f"run        {RUN}"
    assert shown[1] == "status     ✗ failed  2 of 3 steps"
    assert shown[2] == "pipeline   Haiku"
    assert shown[3].endswith("d ago), took 46s")
    assert shown[4:7] == [
        "used       11,031 tokens in, 1,319 out, 2,000 from cache: price unknown",
        "input      a river", "variable   tone = dry",
    ]  # fmt: skip
    assert [line.split() for line in shown[8:12]] == [
        ["#", "step", "kind", "status", "took", "tokens", "cost"],
        ["0", "Poet", "agent", "✓", "completed", "46s", "12.3k", "<$0.0001"],
        ["1", "n2", "agent", "✗", "failed", "overloaded:", "busy"],
        ["2", "n3", "agent", "○", "pending"],
    ]
    assert shown[12:] == ["", "overloaded: busy"]


async def test_a_question_is_shown_whole_with_how_to_answer_it(script: Script) -> None:
    asked = {"prompt": "Shall this be published?\nThink twice."}
    step = {"step": 4, "node": "ok", "kind": "approval", "status": "waiting", "approval": asked}
    script.show(status="waiting", steps=[step])
    shown = lines(await penstock("show", RUN, directory=script.directory))
    assert shown[-5:-2] == ["? ok waits for a person", "Shall this be published?", "Think twice."]
    assert shown[-2].endswith(f"penstock approve {RUN} 4")


PIPELINES = [
    {"id": IDS[0], "name": "Haiku", "version_number": 2, "updated_at": ago(7_300)},
    {"id": IDS[1], "name": "Hail", "version_number": 1, "updated_at": ago(7_300),
     "problems": [{"code": "cycle", "message": "a waits for itself"}]},
]  # fmt: skip


async def test_pipelines_and_agents_are_listed(script: Script) -> None:
    script.stack.on("GET", "/api/v1/pipelines", answer(page(*PIPELINES)))
    wide, narrow = {"COLUMNS": "99"}, {"COLUMNS": "80"}
    ended = await penstock("pipelines", directory=script.directory, environ=narrow)
    assert max(map(len, lines(ended))) == 80
    shown = lines(await penstock("pipelines", directory=script.directory, environ=wide))
    assert [line.split(maxsplit=4) for line in shown[1:]] == [
        ["Haiku", IDS[0][:13], "2", "2h"],
        ["Hail", IDS[1][:13], "1", "2h", "cannot run: 1 problem, a waits for itself"],
    ]
    agent = {"id": IDS[0], "name": "Poet", "model": "m", "instructions": "Write " * 40}
    script.stack.on("GET", "/api/v1/agents", answer(page(agent)))
    ended = await penstock("agents", directory=script.directory, environ={"COLUMNS": "120"})
    _, line = lines(ended)
    assert line.startswith(f"Poet   {IDS[0]}  m")
    assert (len(line), line[-1]) == (120, "…")


async def test_the_version_is_told(script: Script) -> None:
    ended = await penstock("--version", directory=script.directory)
    assert lines(ended)[0].startswith("penstock ")


async def test_a_shell_is_offered_runs_and_pipelines(script: Script) -> None:
    script.stack.on("GET", RUNS, answer(page(listed(1, "running"))))
    script.stack.on("GET", "/api/v1/pipelines", answer(page(*PIPELINES)))
    for words, offered in (("show 01977d6e-0001", IDS[1]), ("run --pipeline Hai", "Haiku")):
        assert offered in await offered_by(script, words)
    (asked,) = script.stack.asked(RUNS)
    assert asked.query == {"id_prefix": "01977d6e-0001", "limit": "30"}


async def test_a_shell_is_offered_the_newest_runs_where_nothing_is_typed(script: Script) -> None:
    newest = listed(0, "completed", pipeline_name="Haiku\nof tides")
    script.stack.on("GET", RUNS, answer(page(newest, listed(1, "running"))))
    offered = await offered_by(script, "show ")
    assert f'"{IDS[0]}":"completed  2h  Haiku of tides"' in offered
    assert IDS[1] in offered
    assert script.stack.asked(RUNS)[0].query == {"limit": "30"}


async def test_a_shell_asks_for_no_runs_where_no_id_begins_so(script: Script) -> None:
    assert await offered_by(script, "show zz") == "_files\n"
    assert script.stack.requests == []


async def offered_by(script: Script, words: str) -> str:
    """What zsh is told behind these words."""
    environ = {"_PENSTOCK_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": f"penstock {words}"}
    ended = await penstock(directory=script.directory, environ=environ)
    assert ended.err == ""
    return ended.out


async def test_a_long_label_is_cut_before_anything_else_is(script: Script) -> None:
    error = {"code": "overloaded", "message": "the model is overloaded"}
    node = {"node": "n1", "kind": "agent", "status": "failed", "error": error}
    script.show(status="failed", steps=[{**node, "step": 0, "label": "Long " * 30}])
    shown = lines(await penstock("show", RUN, directory=script.directory))
    (row,) = [line for line in shown if line.startswith("0")]
    assert len(row) <= 80
    assert "…  agent  ✗ failed  overloaded: the mod" in row
