"""Tools that agents name, made the definitions that their workspace has under these names."""

from collections.abc import Iterable, Iterator, Mapping

from shared.flow.json_value import JSON
from shared.flow.work import is_of_provider


def tool_names(raw: JSON, agents: Iterable[Mapping[str, JSON]] = ()) -> frozenset[str]:
    """The names of tools that nodes of a drawing (any JSON value) or these agents have, but for
    those of the provider's."""
    nodes = raw.get("nodes") if isinstance(raw, dict) else None
    data = (_data(node) for node in (nodes if isinstance(nodes, list) else ()))
    return frozenset(name for each in (*data, *agents) for name in names_in(each.get("tools")))


def names_in(tools: JSON) -> Iterator[str]:
    """The names in a list of tools, but for those of the provider's."""
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, str) and not is_of_provider(tool):
            yield tool


def inline_tools(raw: JSON, tools: Mapping[str, Mapping[str, JSON]]) -> JSON:
    """The drawing with the definitions of `tools` (by name) in place of their names.

    A name that is not in `tools` stays, for `parse` to judge, and so does what is no agent's.
    """
    if not isinstance(raw, dict) or not isinstance(nodes := raw.get("nodes"), list) or not tools:
        return raw
    return {**raw, "nodes": [_with_definitions(node, tools) for node in nodes]}


def _data(node: JSON) -> Mapping[str, JSON]:
    data = node.get("data") if isinstance(node, dict) and node.get("type") == "agent" else None
    return data if isinstance(data, dict) else {}


def _with_definitions(node: JSON, tools: Mapping[str, Mapping[str, JSON]]) -> JSON:
    data = _data(node)
    if not isinstance(node, dict) or not any(name in tools for name in names_in(data.get("tools"))):
        return node
    return {**node, "data": {**data, "tools": _defined(data["tools"], tools)}}


def _defined(named: JSON, tools: Mapping[str, Mapping[str, JSON]]) -> list[JSON]:
    """Each tool that is named several times is there once, as names are everywhere."""
    assert isinstance(named, list)
    found: list[JSON] = []
    done: set[str] = set()
    for tool in named:
        if not isinstance(tool, str) or tool not in tools:
            found.append(tool)
        elif tool not in done:
            done.add(tool)
            found.append(dict(tools[tool]))
    return found
