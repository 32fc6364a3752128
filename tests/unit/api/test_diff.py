"""What differs between two versions: told by node and field, and nothing that a run cannot see."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.versions.diff import Difference, differences, flow_difference
from shared.flow import content

SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab~/", max_size=3)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab~/"), inner, max_size=3),
    max_leaves=12,
)


def applied(value: Any, changes: list[Difference]) -> Any:
    """The value with the changes made. Source: RFC 6902, 4, and RFC 6901, 4."""
    root = [copy.deepcopy(value)]
    for each in changes:
        holder, key = root, "0"
        for name in each.path.split("/")[1:]:
            at: Any = holder
            holder = at[int(key)] if isinstance(at, list) else at[key]
            key = name.replace("~1", "/").replace("~0", "~")
        place: Any = int(key) if isinstance(holder, list) else key
        if each.op == "remove":
            del holder[place]
        else:
            holder[place] = each.new
    return root[0]


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1."""
    return repr(sorted_keys(one)) == repr(sorted_keys(other))


def sorted_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: sorted_keys(value[key]) for key in sorted(value)}
    return [sorted_keys(each) for each in value] if isinstance(value, list) else value


@given(VALUES, VALUES)
def test_the_changes_lead_from_the_one_to_the_other(one: Any, other: Any) -> None:
    changes = list(differences(one, other))
    assert same(applied(one, changes), other)
    assert (changes == []) is same(one, other)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({"a": 1}, {"a": True}, [("replace", "/a", 1, True)]),
        ({"a": None}, {}, [("remove", "/a", None, None)]),
        ({}, {"a/b~": []}, [("add", "/a~1b~0", None, [])]),
        ([1, 2], [1, 3], [("replace", "/1", 2, 3)]),
        ([1, 2], [1], [("replace", "", [1, 2], [1])]),
    ],
)
def test_a_value_that_differs_is_told_by_its_place(old: Any, new: Any, told: list[Any]) -> None:
    assert [tuple(each) for each in differences(old, new)] == told


def node(name: str, **data: Any) -> dict[str, Any]:
    return {"id": name, "type": "agent", "data": data}


def test_what_a_run_cannot_notice_is_no_difference() -> None:
    edge = {"source": "a", "target": "a"}
    old: Any = {"nodes": [node("a", label="A")], "edges": [{**edge, "id": "x"}]}
    new: Any = {
        "nodes": [{**node("a", label="A"), "position": {"x": 1}, "selected": True}],
        "edges": [{**edge, "id": "y", "animated": True}],
        "viewport": {"zoom": 2},
    }
    assert content(old) == content(new)
    assert flow_difference(old, new) == ([], [], [], [], [], False)


def test_nodes_and_edges_are_told_apart_from_what_differs_in_them() -> None:
    edge = {"source": "a", "target": "b"}
    old = {"nodes": [node("a"), node("b", x=1), node("c")], "edges": [edge, edge]}
    new = {"nodes": [node("b", x=2), node("a"), node("d")], "edges": [edge]}
    found = flow_difference(old, new)
    assert [each["id"] for each in found.added_nodes] == ["d"]
    assert [each["id"] for each in found.removed_nodes] == ["c"]
    assert found.changed_nodes == [("b", [Difference("replace", "/data/x", 1, 2)])]
    assert (len(found.removed_edges), found.added_edges) == (1, [])
    assert found.is_reordered


@pytest.mark.parametrize("odd", [{}, {"nodes": 1}, {"nodes": [1, None, {"id": 2}], "edges": "x"}])
def test_a_draft_of_any_shape_can_be_compared(odd: dict[str, Any]) -> None:
    whole = {"nodes": [node("a"), node("a")], "edges": []}
    assert len(flow_difference(odd, whole).added_nodes) == 2
    assert len(flow_difference(whole, odd).removed_nodes) == 2
