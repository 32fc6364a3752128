"""Subjects are spelled in one place: everyone else builds, reads and filters them there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, python_files, relative, tree

GRAMMAR = ("shared/log/subjects.py", "shared/log/rests.py")
FILTERS = "shared/log/filters.py"
# "path": why it spells subjects itself.
STRANGERS: dict[str, str] = {
    "client": "a package of its own, which imports nothing of ours",
    "tests": "what a test expects stands there as it is on the wire",
}
SPELLED = re.compile(
    r"(run|live|timer|due|alive|readers|presence|parked|errand)\.[*>\d{]"  # from the root
    r"|(step|tool)\.[*>\d{]|delta\."  # from the rest; "step." alone begins names of facts too
)
TAKEN_APART = {"split", "rsplit", "partition", "rpartition", "removeprefix", "removesuffix"}
COMPARED = {"startswith", "endswith"}
# Methods of a log that are asked for rests.
ASKED = {"select", "last_sequence", "live", "stored_filter", "partition_filter", "live_filter"}
# "path": why what it calls `rest` is none.
OTHER_RESTS: dict[str, str] = {
    "services/api/identity/tickets.py": "the words of a ticket",
    "services/api/live/frames.py": "the lines of a frame",
}


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
        and relative(path) != FILTERS
        and isinstance(call.func, ast.Attribute)
        and _is_named(call.func.value, "rest", "subject")
        and (
            call.func.attr in TAKEN_APART
            or (call.func.attr in COMPARED and any(map(_is_text, call.args)))
        )
    ]
    assert not found, "\n  ".join(["", *found])


def test_no_other_module_asks_a_log_for_a_rest_in_words_of_its_own() -> None:
    found = [
        f"{relative(path)}:{call.lineno} {ast.unparse(call)}"
        for path in _ours()
        for call in ast.walk(tree(path))
        if isinstance(call, ast.Call) and _is_named(call.func, *ASKED)
        for given in (*call.args, *(keyword.value for keyword in call.keywords))
        if _is_text(given)
    ]
    assert not found, "\n  ".join(["", *found])


def test_no_other_module_compares_a_rest_with_a_word_of_its_own() -> None:
    found = [
        f"{relative(path)}:{node.lineno} {ast.unparse(node)}"
        for path in _ours()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Compare)
        for sides in [[node.left, *node.comparators]]
        if any(_is_named(side, "rest") for side in sides) and any(map(_is_text, sides))
    ]
    assert not found, "\n  ".join(["", *found])


@pytest.mark.parametrize("path", OTHER_RESTS)
def test_a_module_with_rests_of_another_kind_is_still_there(path: str) -> None:
    assert relative(ROOT / path) in map(relative, python_files())


def _ours() -> Iterator[Path]:
    for path in python_files():
        name = relative(path)
        if name not in (*GRAMMAR, *OTHER_RESTS) and name.partition("/")[0] not in STRANGERS:
            yield path


def _is_named(node: ast.expr, *names: str) -> bool:
    """It is a variable, an attribute or a method of one of these names."""
    match node:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name in names
        case _:
            return False


def _is_text(node: ast.expr) -> bool:
    """It is a text that stands there, or has some; a wildcard alone is none."""
    match node:
        case ast.Constant(str(text)):
            return text.strip("*>") != ""
        case ast.JoinedStr():
            return True
        case ast.Tuple(elts) | ast.List(elts) | ast.Set(elts):
            return any(map(_is_text, elts))
        case _:
            return False


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
