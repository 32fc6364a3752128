"""What in a drawing is probably not meant, though a run can do without it.

Drawings carry much that nobody executes: positions, labels, colours, fields of other tools. So an
unknown field of a node is passed over, unless it is nearly the name of one that is not there.
A warning stops no run and is no part of a flow's version.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import chain, islice

from shared.flow.agents import SPELLINGS
from shared.flow.defaults import Models
from shared.flow.json_value import JSON, quoted
from shared.flow.nearness import distance
from shared.flow.problem import Problem
from shared.flow.work import WORKS, Branch, Limits, RetryPolicy

MOST_WARNINGS = 100
MOST_COMPARED = 5_000  # different names in a drawing; what comes after them is passed over
LONGEST_NAME = 40

_DATA: Mapping[str, frozenset[str]] = {
    kind: frozenset({*work.model_fields, *Limits.model_fields}) for kind, work in WORKS.items()
}
_RETRY = frozenset(RetryPolicy.model_fields)
_BRANCH = frozenset(Branch.model_fields)


def warnings_of(raw: object) -> tuple[Problem, ...]:
    """The likely mistakes in a drawing (any JSON value), in array order, at most `MOST_WARNINGS`.

    Each is an `unknown_field` that names the node, the field, and the name it is nearly.
    """
    nodes = raw.get("nodes") if isinstance(raw, dict) else None
    near = _Near()
    found = (w for node in nodes for w in _of_node(node, near)) if isinstance(nodes, list) else ()
    return tuple(islice(found, MOST_WARNINGS))


def model_warnings_of(raw: object, models: Models) -> tuple[Problem, ...]:
    """An `unknown_model` for each model that an agent names and that is not known, in array order.

    `raw` has its agents laid in; at most `MOST_WARNINGS` are told.
    """
    nodes = raw.get("nodes") if isinstance(raw, dict) else None
    found = map(partial(_of_models, models), nodes) if isinstance(nodes, list) else ()
    return tuple(islice(chain.from_iterable(found), MOST_WARNINGS))


def _of_models(models: Models, node: JSON) -> Iterator[Problem]:
    if not isinstance(node, dict) or node.get("type") != "agent":
        return
    data, node_id = node.get("data"), node.get("id")
    if not isinstance(data, dict) or not isinstance(node_id, str):
        return
    fallbacks = data.get("fallbacks")
    for model in (data.get("model"), *(fallbacks if isinstance(fallbacks, list) else ())):
        if isinstance(model, str) and models(model) is None:
            message = (
                f"node {quoted(node_id)}: expected a model that is known, got {quoted(model)}; "
                "what it is asked for is tried, and what it costs is unknown"
            )
            yield Problem("unknown_model", message, (node_id,))


class _Near:
    """Compares names, each with the same others once, and so many of them at most."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, frozenset[str]], str | None] = {}

    def name(self, field: str, known: frozenset[str]) -> str | None:
        """The known name that the field nearly has."""
        key = (field, known)
        if key not in self._known:
            if len(field) > LONGEST_NAME or len(self._known) >= MOST_COMPARED:
                return None
            self._known[key] = _nearest(field, known)
        return self._known[key]


def _of_node(node: JSON, near: _Near) -> Iterator[Problem]:
    kind = node.get("type") if isinstance(node, dict) else None
    if not isinstance(node, dict) or not isinstance(kind, str) or kind not in _DATA:
        return
    data, node_id = node.get("data"), node.get("id")
    if not isinstance(data, dict) or not isinstance(node_id, str):
        return
    read = {SPELLINGS.get(key, key) for key, value in data.items() if value is not None}
    fields = [(key, meant) for key, meant in _meant(data, _DATA[kind], near) if meant not in read]
    fields += [(f"retry.{key}", f"retry.{meant}") for key, meant in _within(data, "retry", near)]
    if kind == "condition":
        fields += _in_branches(data, near)
    for field, meant in fields:
        message = (
            f"node {quoted(node_id)}: expected a known field, got {quoted(field)}, "
            f"which nothing reads; did you mean {quoted(meant)}?"
        )
        yield Problem("unknown_field", message, (node_id,))


def _within(data: Mapping[str, JSON], key: str, near: _Near) -> Iterator[tuple[str, str]]:
    inner = data.get(key)
    if isinstance(inner, dict):
        pairs = _meant(inner, _RETRY, near)
        yield from ((field, meant) for field, meant in pairs if meant not in inner)


def _in_branches(data: Mapping[str, JSON], near: _Near) -> Iterator[tuple[str, str]]:
    branches = data.get("branches")
    for index, branch in enumerate(branches if isinstance(branches, list) else ()):
        pairs = _meant(branch, _BRANCH, near) if isinstance(branch, dict) else ()
        place = f"branches[{index}]"
        yield from (
            (f"{place}.{f}", f"{place}.{meant}") for f, meant in pairs if meant not in branch
        )


def _meant(
    data: Mapping[str, JSON], known: frozenset[str], near: _Near
) -> Iterator[tuple[str, str]]:
    """The fields that are not known but nearly, each with the name it nearly has."""
    for field, value in data.items():
        if value is None or field in known:
            continue
        if meant := near.name(field, known):
            yield field, meant


def _nearest(field: str, known: frozenset[str]) -> str | None:
    told = _plain(field)
    found = [(distance(told, _plain(name)), name) for name in sorted(known)]
    return next((name for apart, name in sorted(found) if _is_slip(told, name, apart)), None)


def _is_slip(told: str, name: str, apart: int) -> bool:
    """Few enough letters are wrong; in a short name the first is hardly ever."""
    plain = _plain(name)
    if len(plain) < 8:
        return apart == 0 or (apart == 1 and told[:1] == plain[:1])
    return apart <= 1 or (apart == 2 and not told.startswith(plain))


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()
