"""What a flow names of its workspace: agents by their ids, tools by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from services.api.definitions.definition_table import Agents, Definition, Tools
from shared.flow import JSON, inline_agents, inline_tools, tool_names

Specs: TypeAlias = Mapping[str, Mapping[str, JSON]]


class Names(NamedTuple):
    """The ids of agents and the names of tools that a flow needs, sorted."""

    agent_ids: tuple[str, ...]
    tools: tuple[str, ...]


class Named(NamedTuple):
    """The agents there are by id, the tools there are by name, of those that a flow needs.

    `needed` are the names of all tools that it needs, `stamp` changes with what is found.
    """

    agents: Specs
    tools: Specs
    needed: tuple[str, ...] = ()
    stamp: str = ""

    def laid_into(self, raw: JSON) -> JSON:
        """The flow with its agents laid in, and definitions in place of the names of tools."""
        return inline_tools(inline_agents(raw, self.agents), self.tools)


class NamedReader:
    """Reads what flows name. All raise Unavailable when Postgres is away."""

    def __init__(self, agents: Agents, tools: Tools) -> None:
        self._agents = agents
        self._tools = tools

    async def of(self, workspace: str, raw: Mapping[str, JSON]) -> Named:
        """What the flow names, as it is now."""
        ids = agents_named(raw)
        agents = await self._agents.named(workspace, ids) if ids else {}
        specs = specs_of(agents)
        needed = tuple(sorted(tool_names(raw, specs.values())))
        tools = await self._tools.named(workspace, needed)
        found = (*agents.values(), *tools.values())
        stamp = "".join(f"{each.id}{each.updated_at}" for each in found)
        return Named(specs, specs_of(tools), needed, stamp)

    async def with_agents(self, workspace: str, raw: Mapping[str, JSON], named: Named) -> Named:
        """These agents and tools, stored or not, and of the other tools those that there are."""
        needed = tuple(sorted(tool_names(raw, named.agents.values())))
        tools = await self._tools.named(workspace, needed)
        return Named(named.agents, {**specs_of(tools), **named.tools}, needed)


def agents_named(raw: Mapping[str, JSON]) -> tuple[str, ...]:
    """The ids of the agents a flow names, sorted; whatever shape it has."""
    nodes = raw.get("nodes")
    found: set[str] = set()
    for node in nodes if isinstance(nodes, list) else ():
        data = node.get("data") if isinstance(node, dict) else None
        named = isinstance(data, dict) and (data.get("agent_id") or data.get("agentId"))
        if isinstance(named, str):
            found.add(named)
    return tuple(sorted(found))


def specs_of(found: Mapping[str, Definition]) -> dict[str, Mapping[str, JSON]]:
    """What a run may read of these."""
    return {key: each.named_spec for key, each in found.items()}
