"""Other data of nodes, laid over a drawing before it is run again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from services.api.http.bodies import misfit
from shared.flow import JSON
from shared.flow.json_value import shown

Overrides: TypeAlias = Mapping[str, Mapping[str, JSON]]
"""Other data of nodes, by their ids."""

Said: TypeAlias = Callable[[Mapping[str, JSON]], Mapping[str, JSON]]
"""What stays of an agent's data when some of it is changed."""


def laid_over(raw: Mapping[str, JSON], overrides: Overrides, said: Said = dict) -> dict[str, JSON]:
    """The drawing with these values in the data of its nodes, by node id. Raises: InvalidRequest"""
    nodes = raw.get("nodes")
    found = [node for node in nodes if isinstance(node, dict)] if isinstance(nodes, list) else []
    known = {node.get("id") for node in found}
    for node_id, data in overrides.items():
        if node_id not in known:
            raise misfit(f".overrides.{shown(node_id)}", "the id of a node of the flow", "another")
        if named := {"agent_id", "agentId"} & data.keys():
            path = f".overrides.{shown(node_id)}.{min(named)}"
            raise misfit(path, "settings of the node itself", "an agent to take them from")
    return {**raw, "nodes": [_laid_over(node, overrides, said) for node in found]}


def _laid_over(node: dict[str, JSON], overrides: Overrides, said: Said) -> dict[str, JSON]:
    over = overrides.get(str(node.get("id")))
    if over is None:
        return node
    data = node.get("data")
    own: Mapping[str, JSON] = data if isinstance(data, dict) else {}
    return {**node, "data": {**(said(own) if node.get("type") == "agent" else own), **over}}
