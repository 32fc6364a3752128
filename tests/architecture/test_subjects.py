"""Subjects are spelled in one module: everyone else builds, reads and filters them there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import python_files, relative, tree

GRAMMAR = "shared/log/subjects.py"
# "path": why it spells subjects itself.
STRANGERS: dict[str, str] = {
    "client": "a package of its own, which knows HTTP only",
    "tests": "what a test expects stands there as it is on the wire",
}
SPELLED = re.compile(
    r"(run|live|timer|due|alive|readers|presence)\.[*>\d{]"  # from the root
    r"|(step|delta)\.[*>\d{]"  # from the rest
)
TAKEN_APART = {"split", "rsplit", "partition", "rpartition", "removeprefix", "removesuffix"}


def test_no_other_module_spells_a_subject() -> None:
    found = [
        f"{relative(path)}:{line} {text!r}"
        for path in _ours()
        for line, text in _texts(tree(path))
        if SPELLED.match(text)
    ]
    assert not found, "\n  ".join(["", *found])


def test_no_other_module_takes_a_subject_apart() -> None:
    found = [
        f"{relative(path)}:{call.lineno} {ast.unparse(call)}"
        for path in _ours()
        for call in ast.walk(tree(path))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in TAKEN_APART
        and isinstance(call.func.value, ast.Attribute)
        and call.func.value.attr in ("rest", "subject")
    ]
    assert not found, "\n  ".join(["", *found])


def test_no_other_module_compares_a_rest_with_a_word_of_its_own() -> None:
    found = [
        f"{relative(path)}:{node.lineno} {ast.unparse(node)}"
        for path in _ours()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Compare)
        for sides in [[node.left, *node.comparators]]
        if any(isinstance(side, ast.Attribute) and side.attr == "rest" for side in sides)
        and any(isinstance(side, ast.Constant) for side in sides)
    ]
    assert not found, "\n  ".join(["", *found])


def _ours() -> Iterator[Path]:
    for path in python_files():
        if relative(path) != GRAMMAR and relative(path).partition("/")[0] not in STRANGERS:
            yield path


def _texts(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Every text a module has, by line; the values in it as `{}`."""
    inner = {
        id(part)
        for node in ast.walk(module)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(module):
        if isinstance(node, ast.JoinedStr):
            parts = (str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values)
            yield node.lineno, "".join(parts)
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner
        ):
            yield node.lineno, node.value
