"""Whatever a server, a model or a file says, no byte of it steers the terminal it is shown in."""

from __future__ import annotations

import json
import re
import signal
import unicodedata
from collections.abc import Callable, Mapping, Sequence

import nats
import pytest
from rich.markup import escape

from cli.commands import root
from cli.printing import console, one_line, printable
from services.api.admin.models import System
from services.api.admin.parked_models import EndAnswer, ParkedList, ReleaseAnswer
from tests.eventually import eventually
from tests.unit.cli.command import penstock, started
from tests.unit.cli.script import BEGINNING, RESULT, RUN, Script, end, fact, output, words
from tests.unit.cli.test_run import in_a_terminal
from tests.unit.client.scripted_penstock import answer, event_stream

MARK = "\x1b[35;7m"
HOSTILE = f"{MARK}\x1b]0;x\x07\x9b31m\u202e\u2066\u2028\u200f\x7f\x08\x00\rA[bold red]B[/] :smile:"
NAME = f"a\n{HOSTILE}"
SERVICES = {
    "up", "migrate", "rebuild", "backup", "restore", "api", "scheduler", "agent-worker",
    "projector", "simulator",
}  # fmt: skip
DRAWN: Mapping[str, object] = {
    "nodes": [
        {"id": NAME, "type": "agent", "data": {"instructions": "x", "label": HOSTILE}},
        {"id": f"b{NAME}", "type": "template", "data": {"template": "{{variables.x}}"}},
    ],
    "edges": [],
}
BROKEN = {**DRAWN, "edges": [{"source": NAME, "target": f"{NAME}?"}]}
ERROR = {"code": f"code{HOSTILE}", "message": NAME}
STEP: Mapping[str, object] = {
    "step": 0, "node": NAME, "label": NAME, "kind": f"agent{HOSTILE}", "status": "failed",
    "error": ERROR, "attempt": 1,
}  # fmt: skip
ASKED: Mapping[str, object] = {
    **STEP, "step": 1, "kind": "approval", "status": "waiting", "error": None,
    "approval": {"prompt": NAME, "expires_at": HOSTILE},
}  # fmt: skip
EVENTS = [
    *BEGINNING,
    fact(7, "step.failed", 1, node=NAME, error=ERROR),
    fact(8, "step.retry_scheduled", 1, node=NAME, delay_seconds=HOSTILE),
    fact(9, "step.waiting", 1, node=NAME, prompt=NAME),
    words(10, 0, 0, f"Yes, {NAME}\r\n\tyou may", node=NAME),
    output(11, 0, f"Yes, {NAME}\r\n\tyou may"),
    fact(12, "step.decided", 1, node=NAME, decision="reject", decided_by=NAME, comment=NAME),
    fact(20, "run.failed", result=RESULT, error={**ERROR, "step": 0, "node": NAME}),
    end(20, "failed"),
]


def poisoned(value: object) -> object:
    """The value with something hostile in every text and every key that is no field's name."""
    if isinstance(value, str):
        return value + NAME
    if isinstance(value, dict):
        return {key: poisoned(found) for key, found in value.items()}
    return [poisoned(each) for each in value] if isinstance(value, list) else value


def with_hostile_answers(script: Script) -> None:
    """Every call that a command makes is answered with hostile texts."""
    (script.directory / "flow.json").write_text(json.dumps(DRAWN))
    (script.directory / "broken.json").write_text(json.dumps(BROKEN))
    script.play(EVENTS)
    script.show(
        status=f"failed{HOSTILE}", created_at=NAME, output=f"{NAME}\n\tdone", error=ERROR,
        steps=[STEP, ASKED],
    )  # fmt: skip
    on, base = script.stack.on, f"/api/v1/runs/{RUN}"
    run = {"run_id": NAME, "status": NAME, "created_at": NAME, "pipeline_name": NAME}
    on("GET", "/api/v1/runs", answer({"items": [run], "next_cursor": None}))
    made = {"id": NAME, "name": NAME, "updated_at": NAME, "model": NAME, "instructions": NAME}
    on("GET", "/api/v1/agents", answer({"items": [made], "next_cursor": None}))
    problem = {"code": NAME, "message": NAME}
    drawn = {"id": NAME, "name": NAME, "problems": [problem]}
    on("GET", "/api/v1/pipelines", answer({"items": [drawn], "next_cursor": None}))
    receipt = {"step": 0, "node": NAME, "attempt": 1, "execution": None, "receipt": {}}
    on("POST", f"{base}/cancel", answer({"status": NAME, "receipts": [receipt]}))
    plan = {"kept": [{"step": 0, "node": NAME}], "rerun": [{"step": 1, "node": NAME}]}
    forked = {"run_id": RUN, "status": NAME, "forked_from": {"run": NAME}, **plan}
    on("POST", f"{base}/fork", answer(forked))
    on("POST", f"{base}/retry", answer(forked))
    on("GET", f"{base}/steps", answer({"items": [ASKED], "next_cursor": None}))
    decided = {"step": 1, "node": NAME, "decision": "approve", "decided_at": NAME}
    on("POST", f"{base}/steps/1/decision", answer(decided))
    on("GET", "/api/v1/events", event_stream([*EVENTS[:7]]))
    system = System.EXAMPLE
    on("GET", "/api/v1/admin/system", answer(poisoned(system)))
    on("GET", "/api/v1/admin/parked", answer(poisoned(ParkedList.EXAMPLE)))
    on("POST", f"/api/v1/admin/parked/{RUN}/release", answer(poisoned(ReleaseAnswer.EXAMPLE)))
    on("POST", f"/api/v1/admin/parked/{RUN}/end", answer(poisoned(EndAnswer.EXAMPLE)))


def with_hostile_refusals(script: Script) -> None:
    """Every call is refused in hostile words."""
    with_hostile_answers(script)
    problem = {"code": NAME, "message": NAME, "nodes": [NAME]}
    refusal = answer({"code": NAME, "detail": NAME, "problems": [problem]}, 422)
    for method, path in list(script.stack.handlers):
        script.stack.on(method, path, refusal)


COMMANDS: Mapping[str, Sequence[tuple[str, ...]]] = {
    "run": [("flow.json",), ("flow.json", "--json"), ("flow.json", "--no-follow"),
            (HOSTILE.replace("\0", ""),), ("flow.json", "--var", MARK)],
    "watch": [(RUN,), (RUN, "--json"), (MARK,)],
    "runs": [(), ("--json",), ("--limit", MARK), ("--status", MARK)],
    "show": [(RUN,), (RUN, "--json"), ("--last",), ("0",), (MARK,)],
    "fork": [(RUN, "--from", MARK), (RUN, "--dry-run"), (RUN, "--no-follow"), (RUN, "--set", MARK)],
    "retry": [(RUN,), (RUN, "--no-follow"), ("--last", "--no-follow")],
    "pipelines": [(), ("--json",)],
    "agents": [(), ("--json",)],
    "cancel": [(RUN,), (RUN, "--no-wait")],
    "approve": [(RUN,), (RUN, MARK)],
    "reject": [(RUN, "1", "--comment", MARK)],
    "system": [(), ("--json",), (MARK,)],
    "validate": [("flow.json",), ("broken.json",), (f"{MARK}.json",)],
    "events": [(), ("--types", MARK)],
    "parked": [(), ("--json",), (MARK,), ("release", RUN), ("release", RUN, "--json"),
               ("end", RUN), ("end", RUN, "--reason", MARK)],
    "tail": [("--workspace", MARK)],
    "nats-user": [("--workspace", MARK), ("--workspace", "a", "--consumer", MARK)],
}  # fmt: skip


def steers(text: str) -> list[str]:
    """The characters in it that a terminal obeys, or that turn or hide what is beside them."""
    shown = [c for c in text if c not in "\n\t"]
    return [c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


def test_every_command_is_driven_here() -> None:
    assert set(root().commands) == {*COMMANDS, *SERVICES}


@pytest.mark.parametrize("scripted", [with_hostile_answers, with_hostile_refusals])
@pytest.mark.parametrize("command", COMMANDS)
async def test_nothing_foreign_steers_what_reads_a_command(
    script: Script, command: str, scripted: Callable[[Script], None]
) -> None:
    scripted(script)
    for arguments in COMMANDS[command]:
        if command == "events" and scripted is with_hostile_answers:
            continue  # goes on until it is interrupted, see below
        ended = await penstock(command, *arguments, directory=script.directory)
        assert ended.out + ended.err
        assert not steers(ended.out + ended.err), arguments
        if "--json" in arguments and ended.code == 0:
            for line in ended.out.splitlines():
                json.loads(line)


@pytest.mark.parametrize(
    "command",
    ["run", "watch", "show", "system", "runs", "approve", "cancel"],
)
async def test_nothing_foreign_steers_a_terminal(script: Script, command: str) -> None:
    with_hostile_answers(script)
    shown, _ = await in_a_terminal(script, command, *COMMANDS[command][0])
    assert "[bold red]B" in shown
    assert MARK not in shown
    own = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("\r", "")
    assert not steers(own)


async def test_an_unknown_command_is_named_without_obeying_it(script: Script) -> None:
    ended = await penstock(HOSTILE.replace("\0", ""), directory=script.directory)
    assert ended.code == 2
    assert not steers(ended.out + ended.err)


async def test_the_events_of_all_runs_are_printed_as_the_json_they_are(script: Script) -> None:
    with_hostile_answers(script)
    script.stack.on("GET", "/api/v1/events", event_stream([*EVENTS[:7]], "silence"))
    process = await started("events", directory=script.directory)
    assert process.stdout
    lines = [(await process.stdout.readline()).decode() for _ in EVENTS[:7]]
    process.send_signal(signal.SIGINT)
    await process.communicate()
    assert not steers("".join(lines))
    assert json.loads(lines[6])["data"]["error"] == ERROR


async def test_what_is_heard_from_nats_does_not_steer_either(script: Script, nats_url: str) -> None:
    script.describe(nats_url=nats_url)
    process = await started("tail", directory=script.directory)
    assert process.stderr
    assert process.stdout
    await process.stderr.readline()
    connection = await nats.connect(nats_url)
    told = {"type": NAME, "node": NAME, "text": NAME, "worker": NAME, "error": ERROR}

    async def published() -> bool:
        await connection.publish(f"live.default.{RUN}.delta.0.1.1", json.dumps(told).encode())
        await connection.flush()
        return True

    assert await eventually(published)
    line = (await process.stdout.readline()).decode()
    await connection.close()
    process.send_signal(signal.SIGINT)
    await process.communicate()
    assert RUN in line
    assert not steers(line)


def test_lines_and_tabs_of_a_text_are_kept_and_of_a_field_are_spelled() -> None:
    assert printable("a\r\nb\tc\x1b") == "a\nb\tc\\u001b"
    assert one_line("a\nb\tc\x1b\ud800") == "a\\nb\\tc\\u001b\\ud800"
    assert printable("Grüße 🦦 👩‍💻 नमस्ते") == "Grüße 🦦 👩‍💻 नमस्ते"


def test_json_stays_the_same_json() -> None:
    line = json.dumps({HOSTILE: [NAME]}, ensure_ascii=False)
    assert json.loads(one_line(line)) == {HOSTILE: [NAME]}


def test_a_console_draws_neither_controls_nor_markup(capsys: pytest.CaptureFixture[str]) -> None:
    console().print(HOSTILE)
    console(markup=True).print(f"[bold]mine[/] {escape(HOSTILE)}")
    shown = capsys.readouterr().out
    assert not steers(shown)
    assert shown.count("[bold red]B[/] :smile:") == 2
