"""What operators are told of is what the code tells."""

import re
import subprocess
import sys

from tests.architecture.signals import PAGE, UNDOCUMENTED, actions
from tests.architecture.source import ROOT

NAME = re.compile(r"[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)+")


def test_the_reference_lists_every_action_and_every_metric() -> None:
    # In a process of its own: here other tests may have declared metrics.
    code = "import sys; from tests.architecture.signals import *; sys.stdout.write(reference())"
    command = [sys.executable, "-c", code]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert made == PAGE.read_text(), "run python -m tests.architecture.signals"


def test_every_action_in_the_reference_has_a_meaning() -> None:
    assert UNDOCUMENTED not in PAGE.read_text(), "write what it means into docs/reference"


def test_actions_are_dotted_words() -> None:
    assert [each.name for each in actions() if not NAME.fullmatch(each.name)] == []
