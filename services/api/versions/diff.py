"""What differs between two versions: nodes by id, fields by JSON Pointer. Pure.

Only what a run can notice is looked at, as for the hash of a version: a node that was moved, or
has another colour, is no difference. Source: RFC 6901 for the paths.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pydantic_core

from shared.flow import JSON, content

_DEEPEST = 64  # as deep as a flow may be


class Difference(NamedTuple):
    """One value that differs; what is not there is None."""

    op: str
    path: str
    old: JSON
    new: JSON


class FlowDifference(NamedTuple):
    """What is in one version and not in the other, and what differs in nodes of both."""

    added_nodes: list[Any]
    removed_nodes: list[Any]
    changed_nodes: list[tuple[str, list[Difference]]]
    added_edges: list[Any]
    removed_edges: list[Any]
    is_reordered: bool


def differences(old: JSON, new: JSON, path: str = "") -> Iterator[Difference]:
    """Every value that differs, by the order of the keys; lists of one length item by item.

    A list that has grown or shrunk differs as a whole: what moved within it is anybody's guess.
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping) and path.count("/") < _DEEPEST:
        for key in sorted(old.keys() | new.keys()):
            yield from _of_member(key, old, new, path)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differences(one, other, f"{path}/{place}")
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield Difference("replace", path, old, new)


def _of_member(
    key: str, old: Mapping[str, JSON], new: Mapping[str, JSON], path: str
) -> Iterator[Difference]:
    at = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
    if key not in old:
        yield Difference("add", at, None, new[key])
    elif key not in new:
        yield Difference("remove", at, old[key], None)
    else:
        yield from differences(old[key], new[key], at)


def flow_difference(old: JSON, new: JSON) -> FlowDifference:
    """What a run can notice of the way from one flow to another."""
    before, after = (pydantic_core.from_json(content(each)) for each in (old, new))
    had, has = _by_id(before["nodes"]), _by_id(after["nodes"])
    changed = [
        (_id_of(has[key]), list(differences(had[key], has[key]))) for key in has if key in had
    ]
    lost_edges, new_edges = _without(before["edges"], after["edges"])
    stayed = ([key for key in had if key in has], [key for key in has if key in had])
    return FlowDifference(
        added_nodes=[node for key, node in has.items() if key not in had],
        removed_nodes=[node for key, node in had.items() if key not in has],
        changed_nodes=[(key, found) for key, found in changed if found],
        added_edges=new_edges,
        removed_edges=lost_edges,
        is_reordered=stayed[0] != stayed[1] or _are_reordered(before["edges"], after["edges"]),
    )


def _id_of(node: JSON) -> str:
    found = node.get("id") if isinstance(node, Mapping) else None
    return found if isinstance(found, str) else ""


def _by_id(nodes: Sequence[JSON]) -> dict[tuple[str, int], JSON]:
    """Nodes by their ids; of two with one id, which a draft may have, the second is another."""
    found: dict[tuple[str, int], JSON] = {}
    seen: dict[str, int] = {}
    for node in nodes:
        key = _id_of(node)
        seen[key] = seen.get(key, 0) + 1
        found[key, seen[key]] = node
    return found


def _without(old: Sequence[JSON], new: Sequence[JSON]) -> tuple[list[Any], list[Any]]:
    """The edges that only one of them has, each as often as it has more of it."""
    had, has = _counted(old), _counted(new)
    return (
        [edge for key, edges in had.items() for edge in edges[len(has.get(key, ())) :]],
        [edge for key, edges in has.items() for edge in edges[len(had.get(key, ())) :]],
    )


def _counted(edges: Sequence[JSON]) -> dict[bytes, list[JSON]]:
    found: dict[bytes, list[JSON]] = {}
    for edge in edges:
        found.setdefault(pydantic_core.to_json(edge), []).append(edge)
    return found


def _are_reordered(old: Sequence[JSON], new: Sequence[JSON]) -> bool:
    had, has = _counted(old), _counted(new)
    return [key for key in had if key in has] != [key for key in has if key in had]
