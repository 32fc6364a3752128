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
from tests.eventually import eventually
from tests.unit.cli.command import penstock, started
from tests.unit.cli.hostile import (
    ERROR,
    EVENTS,
    HOSTILE,
    MARK,
    NAME,
    with_hostile_answers,
    with_hostile_refusals,
)
from tests.unit.cli.script import RUN, Script
from tests.unit.cli.test_run import in_a_terminal
from tests.unit.client.scripted_penstock import event_stream

SERVICES = {
    "up", "migrate", "rebuild", "backup", "restore", "api", "scheduler", "agent-worker",
    "projector", "provisioner", "simulator",
}  # fmt: skip
COMMANDS: Mapping[str, Sequence[tuple[str, ...]]] = {
    "run": [("flow.json",), ("flow.json", "--json"), ("flow.json", "--no-follow"),
            (HOSTILE.replace("\0", ""),), ("flow.json", "--var", MARK)],
    "watch": [(RUN,), (RUN, "--json"), (MARK,)],
    "runs": [(), ("--json",), ("--limit", MARK), ("--status", MARK), ("--pipeline", MARK),
             ("--since", MARK), ("--metadata", MARK), ("--search", MARK), ("--waiting-for-me",)],
    "show": [(RUN,), (RUN, "--json"), ("--last",), ("0",), (MARK,)],
    "fork": [(RUN, "--from", MARK), (RUN, "--dry-run"), (RUN, "--no-follow"), (RUN, "--set", MARK)],
    "retry": [(RUN,), (RUN, "--no-follow"), ("--last", "--no-follow"),
              ("--all", "--tag", MARK, "--no-follow"), ("--tag", MARK)],
    "jobs": [(), ("--json",), ("show", RUN), ("show", RUN, "--json"), ("show", "0"),
             ("show", RUN, "--follow"), ("cancel", RUN), ("cancel", MARK)],
    "pipelines": [(), ("--json",), ("versions", RUN), ("diff", RUN, "1"), ("alias", RUN),
                  ("alias", RUN, "prod", "1"), ("restore", RUN, "1"), ("restore", MARK),
                  ("name", RUN, "1", MARK), ("export", RUN), ("import", "flow.json"),
                  ("import", f"{MARK}.json"), ("delete", RUN)],
    "agents": [(), ("--json",)],
    "tool": [("list",), ("list", "--json"), ("get", RUN), ("get", MARK),
             ("create", "--file", "flow.json"), ("create", "-f", f"{MARK}.json"),
             ("update", RUN, "--file", "flow.json"), ("delete", RUN), ("restore", RUN),
             ("call", RUN), ("call", RUN, "--json"), ("call", RUN, "--input", MARK)],
    "cancel": [(RUN,), (RUN, "--no-wait"), ("--all", "--no-wait"), (RUN, "--all")],
    "delete": [(RUN,), (MARK,)],
    "approve": [(RUN,), (RUN, MARK)],
    "reject": [(RUN, "1", "--comment", MARK)],
    "system": [(), ("--json",), (MARK,)],
    "usage": [(), ("--json",), ("--by", "day,pipeline,agent,model"), ("--by", MARK),
              ("--since", MARK)],
    "validate": [("flow.json",), ("broken.json",), (f"{MARK}.json",)],
    "events": [(), ("--types", MARK)],
    "token": [("add", MARK), ("add", MARK, "--json"), ("list",), ("list", "--json"),
               ("revoke", MARK), ("revoke", "0")],
    "user": [("add", MARK), ("list",), ("list", "--json"), ("reset", MARK), ("remove", MARK),
             ("admin", MARK), ("password",)],
    "limits": [("list",), ("list", "--json"), ("show", "acme"), ("show", "acme", "--json"),
               ("set", "acme", "runs_in_flight=3"), ("set", "acme", MARK)],
    "workspace": [("add", MARK), ("list",), ("list", "--json"), ("remove", MARK)],
    "invites": [(), ("--json",), ("withdraw", MARK), ("withdraw", "0")],
    "member": [("list",), ("list", "--json"), ("add", MARK), ("role", MARK, "viewer"),
               ("remove", MARK)],
    "invite": [(MARK,)],
    "login": [(MARK,), (MARK, "--workspace", MARK)],
    "logout": [()],
    "parked": [(), ("--json",), (MARK,), ("release", RUN), ("release", RUN, "--json"),
               ("end", RUN), ("end", RUN, "--reason", MARK)],
    "provider-key": [("set", "x", "--default-model", MARK), ("list",), ("list", "--json"),
                     ("remove", MARK)],
    "secret": [("set", "x"), ("set", MARK), ("list",), ("list", "--json"), ("remove", MARK)],
    "keys": [("rotate",), ("rotate", "--json")],
    "tail": [("--workspace", MARK)],
    "nats-user": [("--workspace", MARK), ("--workspace", "a", "--consumer", MARK),
                  ("--workspace", MARK, "--tools")],
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
