"""No test judges by the seconds of one machine: what it waits for, it waits for with patience."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import ROOT, python_files, relative, tree
from tests.eventually import PATIENCE_SECONDS

CLOCKS = {
    *("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"),
    *("process_time", "process_time_ns", "thread_time", "thread_time_ns"),
}
# Where time is let pass, and where the cost of one piece of work is compared with another's.
READ_CLOCKS = {"tests/eventually.py", "tests/cost.py"}
# Its seconds are virtual.
SIMULATION = "tests/simulation/"


def _tests() -> Iterator[Path]:
    return (path for path in python_files() if relative(path).startswith("tests/"))


def _is_program(path: Path) -> bool:
    """Whether it is run to be read by a person, who is told the seconds of this machine."""
    is_test = path.name.startswith(("test_", "conftest"))
    return path.parent.name in ("acceptance", "console") and not is_test


def test_no_test_reads_a_clock_to_judge_by_it() -> None:
    found = [
        f"{relative(path)}:{node.lineno} {ast.unparse(node)}"
        for path in _tests()
        if relative(path) not in READ_CLOCKS and not _is_program(path)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Name | ast.Attribute) and _reads_a_clock(node)
    ]
    assert not found, f"compare costs by tests/cost.py: {found}"


def _reads_a_clock(node: ast.Name | ast.Attribute) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr
    return name in CLOCKS or ast.unparse(node) == "time.time"  # a loop's clock sets its alarms


def test_every_bound_on_waiting_is_the_suite_s_patience() -> None:
    found = [
        f"{relative(path)}:{call.lineno} {ast.unparse(bound)}"
        for path in _tests()
        if not relative(path).startswith(SIMULATION)
        for call in ast.walk(tree(path))
        if isinstance(call, ast.Call)
        for bound in _bounds(call)
        if isinstance(bound, ast.Constant)
    ]
    assert not found, f"say PATIENCE_SECONDS, of tests/eventually.py: {found}"


def _bounds(call: ast.Call) -> Iterator[ast.expr]:
    """After how long this call gives up, where it says so."""
    yield from (each.value for each in call.keywords if each.arg == "timeout")
    match ast.unparse(call.func):
        case "asyncio.timeout" | "pytest.mark.timeout":
            yield from call.args
        case "asyncio.wait_for":
            yield from call.args[1:]


def test_pytest_ends_no_test_that_still_has_patience() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert options["timeout"] >= 5 * PATIENCE_SECONDS
