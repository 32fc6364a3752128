"""What the repository holds, as the architecture tests read it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).parents[2]
CODE = ("shared", "services", "cli", "simulator", "client", "bench", "tests")
TEXT = {".py", ".md", ".toml", ".json", ".yaml", ".yml", ".sh", ".conf", ".ini", ".lock", ".mako"}
NOT_OURS = {"node_modules", "results", "build", "mutants", "seeds"}

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
SCOPES = (ast.With, ast.AsyncWith)
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.Match)


@dataclass(frozen=True)
class Defined:
    """One function, and where it is: `path` is relative to the repository."""

    path: str
    name: str
    node: Function

    @property
    def place(self) -> str:
        return f"{self.path}:{self.node.lineno} {self.name}"


@cache
def python_files() -> tuple[Path, ...]:
    return tuple(path for path in text_files() if path.suffix == ".py" and _top(path) in CODE)


@cache
def text_files() -> tuple[Path, ...]:
    """Every text file of ours, in order; not what tools made or fetched."""
    return tuple(sorted(_walk(ROOT)))


@cache
def functions() -> tuple[Defined, ...]:
    """Every function and method, nested ones included."""
    return tuple(
        Defined(path=relative(path), name=node.name, node=node)
        for path in python_files()
        for node in ast.walk(tree(path))
        if isinstance(node, Function)
    )


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def length(node: Function) -> int:
    """Lines from `def` to the end."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def parameters(node: Function) -> int:
    """How many parameters a caller may give; self and cls are none."""
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len([each for each in every if each.arg not in ("self", "cls")])


def nesting(node: Function) -> int:
    """How deep its blocks stand in one another.

    `with` opens no branch and adds nothing, nor does `elif`; inner functions are counted alone.
    """
    return _depth(node.body)


def _depth(body: list[ast.stmt]) -> int:
    return max((_depth_of(statement) for statement in body), default=0)


def _depth_of(statement: ast.stmt) -> int:
    if isinstance(statement, SCOPES):
        return _depth(statement.body)
    if not isinstance(statement, BLOCKS):
        return 0
    deepest = 1 + max((_depth(part) for part in _parts(statement)), default=0)
    if isinstance(statement, ast.If):
        orelse = statement.orelse
        is_elif = len(orelse) == 1 and isinstance(orelse[0], ast.If)
        return max(deepest, _depth(orelse) + (0 if is_elif else 1))
    return deepest


def _parts(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    if isinstance(statement, ast.Match):
        yield from (case.body for case in statement.cases)
        return
    names = ("body",) if isinstance(statement, ast.If) else ("body", "orelse", "finalbody")
    yield from (getattr(statement, name, []) for name in names)
    yield from (handler.body for handler in getattr(statement, "handlers", []))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir():
            hidden = path.name.startswith(".") and path.name != ".ci"
            if not hidden and path.name not in NOT_OURS and not path.name.endswith(".egg-info"):
                yield from _walk(path)
        elif path.suffix in TEXT or path.name in ("Makefile", "Dockerfile", "run"):
            yield path


def _top(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]
