"""Expressions of conditions, in CEL, as far as a flow can judge them without evaluating.

    output       the text that reaches the condition
    json         the same parsed as JSON; null if it is none
    variables    the run's variables, by name

Source: Common Expression Language, language definition (cel-spec, doc/langdef.md).
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING

from shared.flow.json_value import quoted
from shared.flow.lexis import in_ascii, unreadable

if TYPE_CHECKING:
    from cel.cel import Program

LONGEST = 4_096
LONGEST_TOGETHER = 131_072  # of one flow: reading a character takes up to 5 us
NAMES = ("output", "json", "variables")
TYPES = frozenset({
    "bool", "bytes", "double", "duration", "int", "list", "map", "null_type", "string",
    "timestamp", "type", "uint",
})  # fmt: skip
FUNCTIONS = frozenset({
    "bytes", "contains", "double", "duration", "dyn", "endsWith", "getDate", "getDayOfMonth",
    "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours", "getMilliseconds", "getMinutes",
    "getMonth", "getSeconds", "int", "matches", "size", "startsWith", "string", "timestamp",
    "type", "uint",
})  # fmt: skip
_BINDER = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*(\w+)\s*,")
_PLACE = re.compile(r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?([^\n]{1,120})")


@lru_cache(maxsize=1_024)
def complaint(expression: str) -> str | None:
    """What is wrong with an expression, or None."""
    if not expression.strip():
        return "expected an expression, came empty text"
    if len(expression) > LONGEST:
        return f"expected at most {LONGEST:,} characters, came {len(expression):,}"
    if (start := unreadable(expression)) is not None:
        return f"expected a CEL expression, came {_fault(expression, start)}"
    try:
        program = _compiler()(in_ascii(expression))
    except ValueError as error:
        return f"expected a CEL expression, came {_place(str(error))}"
    return _unknown(program, expression)


@cache
def engine() -> ModuleSpec:
    """Where the compiled part of the package `cel` is; it alone is pure and small.

    The package itself loads a command line with it: 27 MiB and a third of a second.
    """
    package = find_spec("cel")
    found = package and PathFinder.find_spec("cel", package.submodule_search_locations)
    if not found:
        raise ImportError("expected the package common-expression-language, found none")
    return found


@cache
def _compiler() -> "Callable[[str], Program]":
    spec = engine()
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    compiler: Callable[[str], Program] = module.compile
    return compiler


def _place(message: str) -> str:
    if found := _PLACE.search(message):
        return f"a fault at line {found[1]}, column {found[2]}: {found[3]}"
    return "one that cannot be read"


def _fault(expression: str, start: int) -> str:
    line = expression.count("\n", 0, start) + 1
    column = start - expression.rfind("\n", 0, start)
    found = "a string without an end or with an escape that is none"
    if expression[start] not in "\"'":
        found = f"the character {quoted(expression[start])}"
    return f"a fault at line {line}, column {column}: {found}"


def _unknown(program: "Program", expression: str) -> str | None:
    """The first name in it that nothing will ever stand behind."""
    bound = set(_BINDER.findall(expression))
    for name in program.variables():
        if name not in bound and name not in NAMES and name not in TYPES:
            return f"expected the names {', '.join(NAMES)}, came {quoted(name)}"
    for name in program.functions():  # operators are listed too, as in `_+_`
        if name.isidentifier() and name not in FUNCTIONS:
            return f"expected a function of CEL, came {quoted(name)}"
    return None
