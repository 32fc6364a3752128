"""Expressions of conditions, in CEL, as far as a flow can judge them without evaluating.

    output             the text that reaches the condition
    json               the same parsed as JSON; null if it is none
    nodes.ID.output    the output of a step before it, empty if it was skipped
    nodes.ID.json      the same parsed as JSON; null if it is none
    variables          the run's variables, by name

Source: Common Expression Language, language definition (cel-spec, doc/langdef.md).
"""

import re
from functools import cache, lru_cache
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from typing import Protocol

from shared.flow.cel_reads import reads_of
from shared.flow.json_value import quoted
from shared.flow.lexis import odd_keys, unreadable

LONGEST = 4_096
LONGEST_TOGETHER = 131_072  # of one flow: reading a character takes up to 7 us
NAMES = ("output", "json", "nodes", "variables")
FUNCTIONS = frozenset({
    "bool", "bytes", "contains", "double", "duration", "dyn", "endsWith", "getDate",
    "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours", "getMilliseconds",
    "getMinutes", "getMonth", "getSeconds", "int", "matches", "size", "startsWith", "string",
    "timestamp", "type", "uint",
})  # fmt: skip
_UNREADABLE = "expected a CEL expression, came one that cannot be read"
_TOO_DEEP = re.compile(r"[A-Z_]+: (?:ERROR: <input>:-1:-1: Exceeded max|Expression) recursion ")
_FAULT = re.compile(r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?([^\n]{1,160})")
_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")


class Type(Protocol):
    """What the engine finds an expression to be."""

    def name(self) -> str: ...


class Program(Protocol):
    """An expression, read and judged."""

    def return_type(self) -> Type: ...


class Environment(Protocol):
    """The engine, told what there is."""

    def compile(self, expression: str) -> Program: ...


@lru_cache(maxsize=1_024)
def complaint(expression: str) -> str | None:
    """What is wrong with an expression, or None."""
    if not expression.strip():
        return "expected an expression, came empty text"
    if len(expression) > LONGEST:
        return f"expected at most {LONGEST:,} characters, came {len(expression):,}"
    if (start := unreadable(expression)) is not None:
        return f"expected a CEL expression, came {_misspelt(expression, start)}"
    if odd := odd_keys(expression):
        return odd
    try:
        program = _environment().compile(expression.encode().decode())
    except UnicodeEncodeError:
        return _UNREADABLE
    except RuntimeError as error:
        return _fault(str(error), expression)
    kind = program.return_type().name()
    if kind not in {"BOOL", "DYN"}:
        return f"expected an expression that is true or false, came a {kind.lower()}"
    return reads_of(expression).complaint


@cache
def engine() -> ModuleSpec:
    """Where it is: one file, which loads nothing else."""
    found = find_spec("cel_expr_python.cel")
    if found is None:
        raise ImportError("expected the package cel-expr-python, found none")
    return found


@cache
def _environment() -> Environment:
    cel = import_module(engine().name)
    kinds = cel.Type  # those that services/agent_worker/evaluator.py declares
    variables = {
        "output": kinds.STRING,
        "json": kinds.DYN,
        "nodes": kinds.Map(kinds.STRING, kinds.Map(kinds.STRING, kinds.DYN)),
        "variables": kinds.Map(kinds.STRING, kinds.STRING),
    }
    environment: Environment = cel.NewEnv(variables=variables)
    return environment


def _fault(message: str, expression: str) -> str:
    """The first fault of those the engine found."""
    if _TOO_DEEP.match(message):
        return "expected a CEL expression of at most 32 levels, came one that is deeper"
    found = _FAULT.search(message)
    if not found:
        return _UNREADABLE
    line, column, words = int(found[1]), int(found[2]), found[3]
    if not (undeclared := _UNDECLARED.match(words)):
        return f"expected a CEL expression, came a fault at line {line}, column {column}: {words}"
    name = quoted(undeclared[1])
    at = expression.split("\n")[line - 1][column - 1 : column]
    if at == "(" and undeclared[1] in FUNCTIONS:
        return f"expected arguments that the function {name} takes, came too many or too few"
    if at == "(":
        return f"expected a function of CEL, came {name}"
    return f"expected the names {', '.join(NAMES)}, came {name}"


def _misspelt(expression: str, start: int) -> str:
    before = expression[:start]
    line = before.count("\n") + 1
    column = start - before.rfind("\n")
    found = "a string without an end or with an escape that is none"
    if expression[start] not in {'"', "'"}:
        found = f"the character {quoted(expression[start])}"
    return f"a fault at line {line}, column {column}: {found}"
