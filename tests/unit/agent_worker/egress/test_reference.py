"""docs/reference/egress.md and tools.md name what is refused, and every code there is."""

from __future__ import annotations

import re

import pytest

from services.agent_worker.egress import EgressError
from services.agent_worker.egress.addresses import NOT_PUBLIC
from shared.tools import TOOL, HttpCall, McpServer, NatsCall
from tests.architecture.source import ROOT

PAGE = (ROOT / "docs" / "reference" / "egress.md").read_text()
TOOLS = (ROOT / "docs" / "reference" / "tools.md").read_text()


PLACES = (
    "services/agent_worker/kinds/calling.py",
    "services/agent_worker/tools/*.py",
    "shared/tools/templates.py",
)


def written(pattern: str, *places: str) -> set[str]:
    """What the code writes where the pattern has a group."""
    files = (file for place in places for file in ROOT.glob(place))
    return {found for file in files for found in re.findall(pattern, file.read_text())}


@pytest.mark.parametrize("reason", NOT_PUBLIC)
def test_the_page_has_each_network(reason: str) -> None:
    networks = ", ".join(map(str, NOT_PUBLIC[reason]))
    assert re.search(rf"^\| `{reason}` \| {re.escape(networks)}(, and .*)? \|$", PAGE, re.MULTILINE)


def test_the_page_has_each_other_reason() -> None:
    found = written(r'reason="(\w+)"', "services/agent_worker/egress/*.py")
    found |= written(r'_refuse\(.*, "(\w+)"\)\n', "services/agent_worker/egress/targets.py")
    assert len(found) >= 8
    assert sorted(reason for reason in found if f"| `{reason}` |" not in PAGE) == []


@pytest.mark.parametrize("kind", [EgressError, *EgressError.__subclasses__()])
def test_the_page_has_each_error_and_whether_to_try_again(kind: type[EgressError]) -> None:
    again = "yes" if kind.retry else "no"
    assert f"| `{kind.code}` | {again} |" in PAGE


def test_the_page_has_each_code_of_a_call() -> None:
    pattern = r'(?:failed|Unfillable)\(\s*"(\w+)"|code, whose = "(\w+)"'
    pairs = (re.findall(pattern, file.read_text()) for place in PLACES for file in ROOT.glob(place))
    found = {code for each in pairs for pair in each for code in pair if code}
    rows = set(re.findall(r"^\| `(\w+)` \|", TOOLS, re.MULTILINE))
    assert len(found) >= 13
    assert found <= rows


def test_the_page_has_each_code_of_a_call_of_mcp() -> None:
    found = written(
        r'(?:McpFailed|failed|_end)\(\s*"(\w+)"', "services/agent_worker/tools/mcp/*.py"
    )
    rows = set(re.findall(r"^\| `(\w+)` \|", TOOLS, re.MULTILINE))
    assert len(found) == 15
    assert found <= rows


@pytest.mark.parametrize(
    "name", [*HttpCall.model_fields, *McpServer.model_fields, *NatsCall.model_fields]
)
def test_the_page_has_each_field(name: str) -> None:
    assert f"| `{name}` |" in TOOLS


def test_the_definitions_on_the_page_are_some() -> None:
    found = [
        TOOL.validate_json(each) for each in re.findall(r"```json\n(.*?)```", TOOLS, re.DOTALL)
    ]
    kinds = [(each.kind, each.on_lost) for each in found]
    assert kinds == [("http", "retry"), ("mcp", "tell"), ("nats", "tell")]
