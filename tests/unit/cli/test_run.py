"""`penstock run` and `penstock watch`: what is sent, what is shown, how they end."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import sys

import pytest
from rich.cells import cell_len

from cli.terminal import last_words
from tests.eventually import PATIENCE_SECONDS
from tests.unit.cli.command import penstock, started
from tests.unit.cli.script import (
    BEGINNING,
    CANCELLED,
    COMPLETED,
    ERROR,
    FAILED,
    FLOW,
    IN_BLOCKS,
    RUN,
    SPEECH,
    Script,
    fact,
    output,
    system,
    words,
)
from tests.unit.client.scripted_penstock import Reply, answer


async def test_each_agents_words_stand_whole_under_its_name(script: Script) -> None:
    script.play(BEGINNING, SPEECH, COMPLETED)
    ended = await penstock("run", "flow.json", "--input", "May I?", directory=script.directory)
    assert (ended.code, ended.out) == (0, IN_BLOCKS)
    assert ended.err.splitlines() == [f"run {RUN}", "completed, 2 steps, 19.0 s, 30 tokens"]
    (request,) = script.stack.asked("/api/v1/runs")
    assert request.json() == {"flow": FLOW, "input": "May I?", "variables": {}}
    assert request.headers["authorization"] == "Bearer token-of-the-stack"


async def test_what_came_from_the_cache_is_told_at_the_end(script: Script) -> None:
    used = {"input_tokens": 1, "cache_read_tokens": 2_000, "cache_creation_1h_tokens": 30}
    whole = fact(13, "step.completed", 1, output="No.", usage=used)
    script.play(BEGINNING, [whole, output(15, 0, "Yes.")], COMPLETED)
    ended = await penstock("run", "flow.json", "--input", "May I?", directory=script.directory)
    told = "completed, 2 steps, 19.0 s, 16 tokens, 2,000 from cache, 30 to cache"
    assert ended.err.splitlines()[-1] == told


async def test_the_text_does_not_depend_on_who_was_first(script: Script) -> None:
    in_turn = [
        words(10, 0, 0, "Yes, you may."),
        output(11, 0, "Yes, you may."),
        output(12, 1, "No, you may\nnot."),
    ]
    script.play(BEGINNING, in_turn, COMPLETED)
    ended = await penstock("run", "flow.json", directory=script.directory)
    assert ended.out == IN_BLOCKS


async def test_input_and_variables_are_read_and_sent(script: Script) -> None:
    script.play(BEGINNING, SPEECH, COMPLETED)
    options = ("--input", "-", "--var", "tone=dry", "--var", "where=a=b", "--no-follow")
    ended = await penstock("run", "flow.json", *options, directory=script.directory, typed="Ja 🦦?")
    assert (ended.code, ended.out) == (0, f"{RUN}\n")
    assert f"penstock watch {RUN}" in ended.err
    (request,) = script.stack.asked("/api/v1/runs")
    assert request.json() == {
        "flow": FLOW, "input": "Ja 🦦?", "variables": {"tone": "dry", "where": "a=b"}
    }  # fmt: skip


async def test_json_prints_every_event_once_on_a_line_of_its_own(script: Script) -> None:
    script.play(BEGINNING, SPEECH, COMPLETED)
    ended = await penstock("run", "flow.json", "--json", directory=script.directory)
    events = [json.loads(line) for line in ended.out.splitlines()]
    assert [event["id"] for event in events] == [*range(1, 7), *range(10, 16), 20]
    assert events[6]["type"] == "step.delta"
    assert events[6]["data"]["text"] == "No, "
    assert ended.code == 0


@pytest.mark.parametrize(
    ("ending", "code", "status", "steps"),
    [(FAILED, 1, "failed", "2 steps"), (CANCELLED, 3, "cancelled", "1 of 2 steps")],
)
async def test_the_exit_code_tells_the_outcome(
    script: Script, ending: list[bytes], code: int, status: str, steps: str
) -> None:
    script.play(BEGINNING, SPEECH[:4], ending)
    ended = await penstock("run", "flow.json", directory=script.directory)
    assert ended.code == code
    assert ended.err.splitlines()[-1].startswith(f"{status}, {steps}")


async def test_a_failed_step_is_named_with_its_reason_and_its_words_are_not_shown(
    script: Script,
) -> None:
    script.play(BEGINNING, SPEECH[:4], FAILED)
    ended = await penstock("run", "flow.json", directory=script.directory)
    assert ended.out == "## Pessimist\n\nNo, you may\nnot.\n\n"
    assert "Optimist failed (overloaded: the model is overloaded)" in ended.err


async def test_a_refused_flow_is_told_problem_by_problem(script: Script) -> None:
    problems = [
        {"code": "cycle", "message": "they wait for each other", "nodes": ["n1", "n2"]},
        {"code": "self_loop", "message": "it waits for itself", "nodes": ["n3"]},
    ]
    refusal = {"code": "invalid_flow", "detail": "The flow has 2 problems.", "problems": problems}
    script.stack.on("POST", "/api/v1/runs", answer(refusal, 422))
    ended = await penstock("run", "flow.json", directory=script.directory)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == [
        "  cycle: they wait for each other [n1, n2]",
        "  self_loop: it waits for itself [n3]",
        "penstock: The flow has 2 problems.",
    ]


async def test_missing_variables_are_told_with_how_to_give_them(script: Script) -> None:
    refusal = {"code": "missing_variables", "detail": "missing: audience"}
    script.stack.on("POST", "/api/v1/runs", answer(refusal, 422))
    ended = await penstock("run", "flow.json", directory=script.directory)
    assert ended.code == 2
    assert ended.err.splitlines()[-1] == "Give each with --var NAME=VALUE."


async def test_simulated_answers_are_called_so(script: Script) -> None:
    script.describe(simulated=True)
    script.play(BEGINNING, SPEECH, COMPLETED)
    ended = await penstock("run", "flow.json", directory=script.directory)
    assert "Answers are simulated" in ended.err


async def test_a_large_output_is_fetched(script: Script) -> None:
    blob = {"blob": "0" * 64, "size_bytes": 70_000, "url": "/elsewhere"}
    large = fact(15, "step.completed", 0, output=blob, usage={})
    script.play(BEGINNING, SPEECH[:5], [large], COMPLETED)
    whole = Reply(200, "text/plain", [b"Yes. " * 3])
    script.stack.on("GET", f"/api/v1/runs/{RUN}/steps/0/output", whole)
    ended = await penstock("run", "flow.json", directory=script.directory)
    assert ended.out.startswith("## Optimist\n\nYes. Yes. Yes.\n\n## Pessimist")


async def test_a_run_is_watched_from_its_beginning_under_the_labels_it_has(script: Script) -> None:
    script.show(steps=[{"step": 0, "node": "n1", "label": "Optimist", "status": "running"}])
    script.play(BEGINNING, SPEECH, COMPLETED)
    ended = await penstock("watch", RUN, directory=script.directory)
    assert (ended.code, ended.out) == (0, IN_BLOCKS.replace("Pessimist", "n2"))


async def test_an_interrupted_follower_says_how_to_go_on(script: Script) -> None:
    script.play(BEGINNING, SPEECH[:1], after="silence")
    process = await started("run", "flow.json", "--json", directory=script.directory)
    assert process.stdout
    async with asyncio.timeout(PATIENCE_SECONDS):
        while b"step.delta" not in await process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    assert process.returncode == 130
    assert f"penstock watch {RUN}" in err.decode()
    assert f"penstock cancel {RUN}" in err.decode()
    assert "Traceback" not in err.decode()


async def test_a_reader_that_goes_away_ends_the_command_quietly(script: Script) -> None:
    script.play(BEGINNING, [words(7 + n, 0, n, "x") for n in range(200)], after="silence")
    command = f"{sys.executable} -m cli run flow.json --json | head -n 1"
    process = await asyncio.create_subprocess_shell(
        command,
        cwd=script.directory,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        out, err = await process.communicate()
    assert len(out.splitlines()) == 1
    assert b"Traceback" not in err
    assert b"unexpected" not in err


async def test_in_a_terminal_the_one_who_began_has_the_floor_until_done(script: Script) -> None:
    retried = [
        words(7, 0, 0, "Wrong"),
        fact(8, "step.failed", 0, error=ERROR),
        fact(9, "step.retry_scheduled", 0, delay_seconds=5),
    ]
    again = [
        words(16, 0, 0, "Right \x1b[31mred", attempt=2),
        fact(17, "step.completed", 0, attempt=2, output="Right \x1b[31mred", usage={}),
    ]
    script.play(BEGINNING, retried, SPEECH[:1], SPEECH[2:4], again, COMPLETED)
    shown, code = await in_a_terminal(script, "run", "flow.json")
    assert code == 0
    assert "\x1b[31m" not in shown
    place = 0
    for text in (
        "● Optimist", "Wrong", "overloaded", "tried again in 5 s", "● Pessimist", "No, you may",
        "not.", "● Optimist", "Right", "completed, 2 steps",
    ):  # fmt: skip
        place = shown.index(text, place) + len(text)


async def in_a_terminal(script: Script, *arguments: str) -> tuple[str, int]:
    """What the command leaves on a terminal of 80 columns, and its exit code."""
    master, slave = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", *arguments,
        cwd=script.directory, stdin=slave, stdout=slave, stderr=slave,
        env={**os.environ, "COLUMNS": "80", "LINES": "24", "TERM": "xterm"},
    )  # fmt: skip
    os.close(slave)
    shown = bytearray()
    done = asyncio.Event()

    def read() -> None:
        try:
            data = os.read(master, 65536)
        except OSError:
            data = b""
        shown.extend(data)
        if not data:
            asyncio.get_running_loop().remove_reader(master)
            done.set()

    asyncio.get_running_loop().add_reader(master, read)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await done.wait()
        code = await process.wait()
    os.close(master)
    return shown.decode(), code


async def test_who_follows_a_run_that_nobody_works_at_is_told_so_once(script: Script) -> None:
    script.play(BEGINNING[:4], after="silence")
    script.stack.on("GET", "/api/v1/admin/system", answer(system(workers=[])))
    script.wait({"kind": "worker", "text": "No worker lives that serves pool default."})
    process = await started("run", "flow.json", directory=script.directory)
    assert process.stderr
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (line := await process.stderr.readline()).startswith(b"No worker is alive"):
            assert line
        process.send_signal(signal.SIGINT)
        _, rest = await process.communicate()
    assert b"agent-worker` one" in line
    assert b"No worker" not in rest


async def test_who_follows_a_run_that_waits_is_told_for_what(script: Script) -> None:
    script.play(BEGINNING[:4], after="silence")
    script.wait({"kind": "provider_limit", "text": "It waits for the limit of a's provider."})
    process = await started("run", "flow.json", directory=script.directory)
    assert process.stderr
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (line := await process.stderr.readline()).startswith(b"It waits for the limit"):
            assert line
        process.send_signal(signal.SIGINT)
        _, rest = await process.communicate()
    assert b"It waits" not in rest


async def test_in_a_terminal_the_others_last_words_stand_below(script: Script) -> None:
    long = "No, and never in a hundred years, whatever anybody says of it, " * 4
    speech = [
        words(10, 0, 0, "Yes, "),
        words(11, 1, 0, long),
        words(12, 0, 5, "\nyou may.\n"),  # a finished line is drawn at once, and all below it
        output(13, 0, "Yes, \nyou may.\n"),
        output(14, 1, long),
    ]
    script.play(BEGINNING, speech, COMPLETED)
    shown, _ = await in_a_terminal(script, "run", "flow.json")
    assert "Pessimist: writes, 252 characters  …" in shown


def testlast_words_are_as_wide_as_what_is_left() -> None:
    assert last_words("a b\nc", 40) == "a b c"
    assert last_words("x" * 300, 30) == "…" + "x" * 29
    assert cell_len(last_words("漢字" * 40, 21)) <= 21
    assert last_words("anything", 5) == ""
