"""Every command of every how-to is run as the page has it, and writes what the page shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from shutil import which

import pytest

from tests.acceptance.pages import commands_of, pages_with_commands
from tests.acceptance.shell import run_commands
from tests.acceptance.shown import Comparison
from tests.stack import RunningStack

# Nobody has gone through these yet: what they say is checked by tests of their own.
UNREAD = {"alerts", "backup-and-restore"}
PAGES = {page.stem: page for page in pages_with_commands() if page.stem not in UNREAD}

# How many blocks of which page no test here can run, and why.
NOT_RUN: Mapping[str, Mapping[str, int]] = {
    "a-run-is-parked": {"needs a parked run": 2},
    "be-told": {"it stays up": 1},
    "deploy": {"needs Docker": 5},
    "fork-and-retry": {"needs a run that failed": 1},
    # tests/generated runs the example.
    "listen-on-nats": {"needs the package registry": 1, "needs Docker": 1},
    "proxy": {"needs a name of one's own": 3},
    "scale": {"needs Docker": 2},
    # tests/integration/nats_tools and tests/generated run the examples.
    "serve-a-tool": {"it stays up": 1, "needs the package registry": 1, "needs Docker": 1},
    # tests/browser builds the page and opens it.
    "stream-to-a-browser": {"it stays up": 1, "needs the package registry": 3},
    "upgrade": {"needs Docker": 4},
    "who-may-do-what": {"needs Docker": 1},
}


@pytest.mark.parametrize("name", PAGES)
def test_a_how_to_can_be_typed_as_it_stands(name: str, stack: RunningStack, tmp_path: Path) -> None:
    if which("curl") is None:
        pytest.fail("The pages use curl: `apt-get install curl` on Debian and Ubuntu.")
    commands = [command for command in commands_of(PAGES[name]) if command.not_run is None]
    outputs = run_commands(commands, stack, tmp_path)
    comparison = Comparison()
    for command, came in zip(commands, outputs, strict=True):
        if command.output is not None:
            told = comparison.difference(command.output, came)
            assert told is None, f"line {command.line} of {name}: {told}"


def test_what_is_not_run_is_listed_here() -> None:
    marked = {
        name: Counter(each.not_run for each in commands_of(page) if each.not_run)
        for name, page in PAGES.items()
    }
    assert {name: reasons for name, reasons in marked.items() if reasons} == NOT_RUN
