"""What the services tell, read from the code: every logged action and every metric.

`python -m tests.architecture.signals` writes docs/reference/signals.md anew. Which signals there
are comes from the code; what an action means is kept from the page, and is written there.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from shared.runtime.metrics import Declared, declared
from tests.architecture.source import ROOT, relative, tree

PAGE = ROOT / "docs" / "reference" / "signals.md"
UNDOCUMENTED = "not documented"
LEVELS = {"debug": "debug", "info": "info", "warning": "warning", "error": "error"}
LEVELS |= {"exception": "error", "critical": "error", "log": "any"}
LOGGED_AS = {"exc_info": "exception"}
SERVICES = ("api", "scheduler", "agent_worker", "projector", "provisioner")
# Alembic runs these in an environment of its own.
NOT_IMPORTED = "services/projector/schema/"

INTRODUCTION = """\
# Signals

What the services tell about themselves. Generated from the code by
`python -m tests.architecture.signals`, which keeps the meanings that stand here; a test fails for
an action without one.
"""
LOGS = """\
## Log lines

One JSON object a line on standard error (`PENSTOCK_LOG_FORMAT=console`: text). Every line has
`action`, `level`, `time`, `service` and `instance`; level `error` means that a person must act.
Prompts, outputs and secrets are never logged.

| action | level | by | fields | meaning |
|---|---|---|---|---|
"""
METRICS = """\
## Metrics

`GET /metrics` of every service's monitor, in Prometheus's text format, beside `process_*` and
`python_info`. The simulator has metrics of its own ([simulator.md](simulator.md)). A test fails for
a metric without a row, and for a row without a metric. [Alerts](../howto/alerts.md) says what a
person must act on.

| metric | type | unit | by | labels | meaning |
|---|---|---|---|---|---|
"""


@dataclass(slots=True)
class Action:
    """One action, wherever it is logged."""

    name: str
    levels: set[str] = field(default_factory=set)
    by: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)


def reference() -> str:
    """docs/reference/signals.md as it should be."""
    meanings = _meanings(PAGE.read_text() if PAGE.exists() else "")
    rows = [_row(each, meanings.get(each.name, UNDOCUMENTED)) for each in actions()]
    metrics = [_metric_row(metric, by) for metric, by in declared_by()]
    return "\n".join([INTRODUCTION, LOGS + "\n".join(rows), "", METRICS + "\n".join(metrics), ""])


def actions() -> list[Action]:
    """Every action the code logs, by name. Raises: ValueError for a message that is no constant."""
    found: dict[str, Action] = {}
    for path in _modules():
        module = tree(path)
        for call, level in _logged(module):
            name = _constant(call.args[1 if level == "any" else 0], path)
            action = found.setdefault(name, Action(name))
            action.levels.add(level)
            action.by.add(_service_of(path))
            action.fields |= set(_fields(call, module))
    return [found[name] for name in sorted(found)]


def declared_by() -> list[tuple[Declared, str]]:
    """Every metric with the service whose module declares it, or `all`. Imports all of them."""
    seen: dict[str, str] = {}
    for path in sorted(_modules(), key=lambda path: _service_of(path) != "all"):
        name = relative(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        import_module(name)
        for metric in declared():
            seen.setdefault(metric.name, _service_of(path))
    return [(metric, seen[metric.name]) for metric in declared()]


def _modules() -> list[Path]:
    found = [path for part in ("shared", "services") for path in (ROOT / part).rglob("*.py")]
    return sorted(path for path in found if not relative(path).startswith(NOT_IMPORTED))


def _logged(module: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    """The calls of a logger: of anything named `log` or `_log`, and of `logger()`."""
    for node in ast.walk(module):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        of = node.func.value
        name = of.func if isinstance(of, ast.Call) else of
        called = ast.unparse(name).rpartition(".")[2]
        is_logger = called == "logger" if isinstance(of, ast.Call) else called in ("log", "_log")
        if is_logger and node.func.attr in LEVELS and node.args:
            yield node, LEVELS[node.func.attr]


def _constant(message: ast.expr, path: Path) -> str:
    if isinstance(message, ast.Constant) and isinstance(message.value, str):
        return message.value
    raise ValueError(f"{relative(path)}:{message.lineno}: an action is a constant, not made up")


def _fields(call: ast.Call, module: ast.Module) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield LOGGED_AS.get(keyword.arg, keyword.arg)
        elif isinstance(keyword.value, ast.Name):
            yield from _keys_of(keyword.value.id, module)


def _keys_of(name: str, module: ast.Module) -> Iterator[str]:
    """The keys of the dict literal that a variable is given somewhere in the module."""
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            targets = [each.id for each in node.targets if isinstance(each, ast.Name)]
            if name in targets:
                keys = (key for key in node.value.keys if isinstance(key, ast.Constant))
                yield from (str(key.value) for key in keys)


def _service_of(path: Path) -> str:
    service = relative(path).split("/")[1]
    return service if service in SERVICES else "all"


def _meanings(page: str) -> dict[str, str]:
    rows = re.findall(r"^\| `([a-z_.]+)` \|.*\| ([^|]+) \|$", page, re.MULTILINE)
    return dict(rows)


def _row(action: Action, meaning: str) -> str:
    fields = ", ".join(f"`{name}`" for name in sorted(action.fields))
    levels, by = "/".join(sorted(action.levels)), ", ".join(sorted(action.by))
    return f"| `{action.name}` | {levels} | {by} | {fields} | {meaning} |"


def _metric_row(metric: Declared, by: str) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    told = (f"`{metric.name}`", metric.kind, metric.unit, by, labels, metric.meaning)
    return f"| {' | '.join(told)} |"


if __name__ == "__main__":
    PAGE.write_text(reference())
