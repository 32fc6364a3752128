"""Words and calls that stand for unfinished work, pretence, guessing or one particular machine."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator

from tests.architecture.source import ROOT, python_files, relative, text_files, tree

HERE = relative(ROOT / "tests" / "architecture" / "test_words.py")
POLLING = "tests/eventually.py"
WORDS = re.compile(
    r"\b(TODO|FIXME|XXX|MagicMock)\b|unittest\.mock|type: ignore|# noqa"
    r"|pytest\.mark\.(skip|xfail)|pytest\.skip\("
    r"|pypi\.org|pythonhosted|registry\.npmjs"
    r"|(?<![\w.])/(root|work|home|tmp|Users)/"
)
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


def test_the_lock_holds_versions_and_hashes_but_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert not re.findall(r"https?:|file:|--(?:extra-)?index-url|--find-links|--trusted-host", lock)
    for block in re.split(r"\n(?=\S)", lock.strip())[1:]:
        assert re.match(r"[a-z0-9-]+==\S+ \\\n( +--hash=sha256:[0-9a-f]{64}( \\\n|$))+$", block), (
            block
        )


def test_the_locks_of_the_generators_hold_hashes_but_no_address() -> None:
    folder = ROOT / "tests" / "generated"
    lock = (folder / "requirements.lock").read_text()
    for block in re.split(r"\n(?=\S)", lock.strip()):
        assert re.fullmatch(r"[a-z0-9-]+==\S+( \\\n +--hash=sha256:[0-9a-f]{64})+", block), block
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        assert "resolved" not in package
        assert not name or package["integrity"].startswith("sha512-")


def test_the_lock_holds_everything_the_project_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    locked = set(
        re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    )
    names = {re.split(r"[^A-Za-z0-9_.-]", each)[0].lower().replace("_", "-") for each in wanted}
    assert names <= locked, f"run `make lock`: {sorted(names - locked)}"


def test_every_folder_of_tests_is_run_but_what_needs_more_than_the_lock() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    folders = {relative(path.parent) for path in (ROOT / "tests").glob("*/**/test_*.py")}
    tiers = {"/".join(folder.split("/")[:2]) for folder in folders}
    alone = {"tests/browser", "tests/chaos", "tests/earlier", "tests/generated"}
    assert tiers == {*options["testpaths"]} | alone
    makefile = (ROOT / "Makefile").read_text()
    assert all(re.search(rf"ARGS\),[^)]*{folder}\b", makefile) for folder in alone)


def _attribute_calls(module: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node
