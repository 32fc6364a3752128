"""The other commands, their exit codes, and what a person is told when they cannot go on."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from services.api.admin.models import System
from tests.eventually import eventually
from tests.servers import connected
from tests.unit.cli.command import penstock, started
from tests.unit.cli.script import RUN, Script
from tests.unit.client.scripted_penstock import answer, scripted_penstock


async def test_the_help_names_every_command_and_exit_code(tmp_path: Path) -> None:
    ended = await penstock("--help", directory=tmp_path)
    assert ended.code == 0
    commands = (
        "run watch runs show cancel approve reject validate tail up migrate rebuild api scheduler "
        "agent-worker system events"
    )
    for word in (*commands.split(), "projector", "simulator", "Exit codes"):
        assert word in ended.out


@pytest.mark.parametrize(
    "arguments",
    [("run",), ("run", "flow.json", "--no-such"), ("levitate",), ("run", "absent.json"),
     ("run", "flow.json", "--var", "x"), ("run", "flow.json", "--input", "@absent"),
     ("watch", "no-such-run"), ("runs", "--limit", "0"), ("runs", "--url", "nonsense")],
)  # fmt: skip
async def test_wrong_usage_is_code_2_and_no_stack_trace(
    script: Script, arguments: tuple[str, ...]
) -> None:
    ended = await penstock(*arguments, directory=script.directory)
    assert (ended.code, ended.out) == (2, "")
    assert "Traceback" not in ended.err
    assert "unexpected" not in ended.err


async def test_without_a_stack_the_hint_is_to_start_one(tmp_path: Path) -> None:
    ended = await penstock("runs", directory=tmp_path)
    assert ended.code == 4
    assert "penstock up`" in ended.err


async def test_a_stack_that_does_not_answer_is_named(tmp_path: Path) -> None:
    async with scripted_penstock() as gone:
        environ = {"PENSTOCK_URL": gone.url, "PENSTOCK_TOKEN": "of-a-test"}
    ended = await penstock("runs", directory=tmp_path, environ=environ)
    assert ended.code == 4
    assert ended.err.startswith(f"penstock: no answer from {gone.url}")
    assert "PENSTOCK_URL" in ended.err


async def test_a_wrong_token_says_where_it_came_from(script: Script) -> None:
    refusal = answer({"code": "unauthorized", "detail": "The token is unknown."}, 401)
    script.stack.on("GET", "/api/v1/runs", refusal)
    ended = await penstock("runs", directory=script.directory)
    assert ended.code == 2
    assert "stack.json; give another with --token" in ended.err


RECEIPT: dict[str, object] = {"aborted_after_ms": 3.8, "text": "Slow", "text_size_bytes": 4}
RECEIPT["usage"] = {"input_tokens": 31, "output_tokens": 2}
CANCELLED = [
    {"step": 0, "node": "poet", "attempt": 1, "execution": 1, "receipt": RECEIPT, "at_least": True},
    {"step": 1, "node": "critic", "attempt": 1, "execution": None, "receipt": {}},
]


async def test_a_cancel_shows_the_receipts_unless_it_is_not_to_wait(script: Script) -> None:
    path = f"/api/v1/runs/{RUN}/cancel"
    script.stack.on("POST", path, lambda request: (
        answer({"status": "cancelled", "receipts": CANCELLED}) if "wait" in request.query
        else answer({"status": "cancelling"}, 202)
    ))  # fmt: skip
    at_once = await penstock("cancel", RUN, "--no-wait", directory=script.directory)
    waited = await penstock("cancel", RUN, directory=script.directory)
    assert (at_once.code, at_once.out) == (0, f"{RUN} cancelling\n")
    assert waited.code == 0
    assert [line.rstrip() for line in waited.out.splitlines()] == [
        f"{RUN} cancelled",
        "step  node    how                   used                          text",
        "   0  poet    aborted after 3.8 ms  at least 31 tokens in, 2 out  4 bytes",
        "   1  critic  not begun",
    ]


async def test_tail_prints_what_the_workspace_does(script: Script, nats_url: str) -> None:
    script.describe(nats_url=nats_url)
    process = await started("tail", directory=script.directory)
    assert process.stderr
    assert process.stdout
    assert b"listening to live.default.>" in await process.stderr.readline()
    connection = await connected(nats_url)
    heard: list[bytes] = []
    fact = {"type": "step.delta", "node": "n1", "text": "a\nb" * 40}
    headers = {"Nats-Sequence": "42"}

    async def published() -> bool:
        await connection.publish(
            f"live.default.{RUN}.delta.0.1.1", json.dumps(fact).encode(), headers=headers
        )
        await connection.flush()
        return True

    assert await eventually(published)
    heard.append(await process.stdout.readline())
    await connection.close()
    process.send_signal(signal.SIGINT)
    await process.communicate()
    assert process.returncode == 130
    line = heard[0].decode()
    assert line.startswith(f"live.default.{RUN}.delta.0.1.1  42  step.delta  n1  'a\\nba\\nb")
    assert len(line) < 200


async def test_tail_without_nats_is_unavailable_and_tells_no_password(script: Script) -> None:
    script.describe(nats_url="nats://watcher:secret@127.0.0.1:1")
    ended = await penstock("tail", directory=script.directory)
    assert ended.code == 4
    assert ended.err.startswith("penstock: no NATS at nats://***@127.0.0.1:1")
    assert "secret" not in ended.err


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2"])
async def test_a_simulator_starts_where_it_is_told_and_stops(host: str, tmp_path: Path) -> None:
    options = () if host == "127.0.0.1" else ("--host", host)
    process = await started("simulator", "--port", "0", *options, directory=tmp_path)
    assert process.stderr
    assert f"simulated model API at http://{host}:".encode() in await process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    await process.communicate()
    assert process.returncode == 0


DECISION = f"/api/v1/runs/{RUN}/steps/1/decision"


def waiting(step: int, node: str) -> dict[str, object]:
    return {
        "step": step,
        "node": node,
        "kind": "approval",
        "status": "waiting",
        "approval": {"prompt": "Fine?"},
    }


def with_steps(script: Script, *steps: dict[str, object]) -> None:
    page = {"items": list(steps), "next_cursor": None}
    script.stack.on("GET", f"/api/v1/runs/{RUN}/steps", answer(page))


@pytest.mark.parametrize(
    ("command", "named", "done"),
    [("approve", ("ok",), "approved"), ("reject", ("1",), "rejected"), ("approve", (), "approved")],
)
async def test_a_question_is_answered_by_node_by_number_or_because_it_is_the_only_one(
    script: Script, command: str, named: tuple[str, ...], done: str
) -> None:
    with_steps(script, *([] if named == ("1",) else [waiting(1, "ok")]))
    told = {"step": 1, "node": "ok", "decision": command, "decided_at": "2026-01-05T10:00:00Z"}
    script.stack.on("POST", DECISION, answer(told))
    arguments = (command, RUN, *named, "--comment", "so it is")
    ended = await penstock(*arguments, directory=script.directory)
    assert (ended.code, ended.out) == (0, f"{RUN} ok {done}\n")
    [sent] = script.stack.asked(DECISION)
    assert sent.json() == {"decision": command, "comment": "so it is"}


@pytest.mark.parametrize(
    ("steps", "words"),
    [([], "no steps of run"), ([waiting(1, "a"), waiting(2, "b")], "Name one of them: a, b")],
)
async def test_which_question_is_meant_must_be_clear(
    script: Script, steps: list[dict[str, object]], words: str
) -> None:
    with_steps(script, *steps)
    ended = await penstock("approve", RUN, directory=script.directory)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err


async def test_whoever_decides_too_late_is_told_who_was_first(script: Script) -> None:
    with_steps(script, waiting(1, "ok"))
    detail = "ann was first: approve, at 2026-01-05T10:00:00Z."
    script.stack.on("POST", DECISION, answer({"code": "already_decided", "detail": detail}, 409))
    ended = await penstock("reject", RUN, directory=script.directory)
    assert (ended.code, ended.err) == (2, f"penstock: {detail}\n")


async def test_the_system_is_told_as_tables(tmp_path: Path) -> None:
    async with scripted_penstock() as stack:
        stack.on("GET", "/api/v1/admin/system", answer(System.EXAMPLE))
        ended = await penstock("system", "--url", stack.url, directory=tmp_path)
    assert ended.code == 0
    told = " ".join(ended.out.split())
    for words in ("default.shared", "agent-worker-1", "64/64", "runs living 70", "20.7 of 8,192",
                  "BLOBS 1.0 16,384 0%"):  # fmt: skip
        assert words in told
    assert all(len(line) <= 80 for line in ended.out.splitlines())
    assert ended.err == ""
