"""The rules a graph must keep to be a flow; each returns its problems, none if it is kept."""

import re
from collections import Counter
from collections.abc import Collection, Iterator

from shared.flow.expression import LONGEST_TOGETHER, complaint
from shared.flow.graph import Graph, Link, Node
from shared.flow.json_value import quoted
from shared.flow.problem import Problem
from shared.flow.work import TOOLS, AgentWork, ApprovalWork, ConditionWork, MergeWork

DECORATION = frozenset({"note", "group"})
MOST_BRANCHES = 100
DOMAIN = re.compile(r"[^\s:/.]+(\.[^\s:/.]+)+(/\S*)?")


def duplicate_nodes(graph: Graph) -> Iterator[Problem]:
    """One problem for each id that more than one node has."""
    for node, count in Counter(node.id for node in graph.nodes).items():
        if count > 1:
            message = f"expected each node id once, came {quoted(node)} {count} times"
            yield Problem("duplicate_node", message, (node,))


def bad_links(graph: Graph) -> Iterator[Problem]:
    """Edges whose ends are missing or the same."""
    ids = {node.id for node in graph.nodes}
    for link in dict.fromkeys(Link(link.source, link.target, None) for link in graph.links):
        for end in dict.fromkeys((link.source, link.target)):
            if end not in ids:
                message = (
                    f"the edge from {quoted(link.source)} to {quoted(link.target)} expects "
                    f"a node {quoted(end)}, which is not there; add it or remove the edge"
                )
                yield Problem("dangling_edge", message, (link.source, link.target))
        if link.source == link.target:
            message = f"node {quoted(link.source)} has an edge to itself; remove it"
            yield Problem("self_loop", message, (link.source,))


def idle_types(graph: Graph) -> Iterator[Problem]:
    """Connected nodes that nobody executes; an edge that only points at a note is fine."""
    sources = {link.source for link in graph.links}
    targets = {link.target for link in graph.links}
    for node in graph.nodes:
        if node.kind is not None:
            continue
        if node.type in DECORATION:
            if node.id in sources and node.id in targets:
                message = f"{node.type} {quoted(node.id)} passes nothing on; lead edges around it"
                yield Problem("decoration_path", message, (node.id,))
        elif node.id in sources or node.id in targets:
            message = (
                f"node {quoted(node.id)}: expected agent, merge, template, condition, approval, "
                f"input or output as the type of a connected node, came {quoted(node.type)}"
            )
            yield Problem("unknown_type", message, (node.id,))


def emptiness(graph: Graph) -> Iterator[Problem]:
    """A drawing without any node to execute."""
    if not any(node.kind for node in graph.nodes):
        message = "expected at least one node to execute, such as an agent, came none"
        yield Problem("empty", message)


def unreachable_outputs(graph: Graph) -> Iterator[Problem]:
    """Output nodes that no step leads to."""
    steps = {node.id for node in graph.nodes if node.kind}
    entered = {
        link.target for link in graph.links if link.source in steps and link.source != link.target
    }
    for node in graph.nodes:
        if node.kind == "output" and node.id not in entered:
            message = f"output {quoted(node.id)} is reached by no edge; connect or remove it"
            yield Problem("unreachable_output", message, (node.id,))


def missing_agents(graph: Graph, known: Collection[str] | None) -> Iterator[Problem]:
    """Agent nodes with nothing to do: no agent, or one that is not there."""
    for node in graph.nodes:
        if not isinstance(node.work, AgentWork):
            continue
        agent = node.work.agent_id
        if not agent and not node.work.instructions.strip():
            message = f"node {quoted(node.id)}: expected an agent_id or instructions, came neither"
            yield Problem("missing_agent", message, (node.id,))
        elif agent and known is not None and agent not in known:
            message = f"node {quoted(node.id)}: there is no agent {quoted(agent)}"
            yield Problem("missing_agent", message, (node.id,))


def bad_tools(graph: Graph) -> Iterator[Problem]:
    """Agents that ask for tools nobody runs, or bound them to what is no domain."""
    for node in graph.nodes:
        if not isinstance(node.work, AgentWork):
            continue
        for name in node.work.tools:
            if name not in TOOLS:
                message = (
                    f"node {quoted(node.id)}: expected the tools {' and '.join(TOOLS)}, "
                    f"came {quoted(name)}"
                )
                yield Problem("unknown_tool", message, (node.id,))
        for domain in node.work.allowed_domains:
            if not DOMAIN.fullmatch(domain):
                message = (
                    f"node {quoted(node.id)}: expected a domain like example.org or "
                    f"example.org/docs, without https://, came {quoted(domain)}"
                )
                yield Problem("bad_domain", message, (node.id,))


def unknown_pools(graph: Graph, pools: Collection[str]) -> Iterator[Problem]:
    """Nodes that ask for a pool that is not set up."""
    for node in graph.nodes:
        pool = node.limits.pool if node.limits else None
        if pool is not None and pool not in pools:
            message = (
                f"node {quoted(node.id)}: expected one of the pools {', '.join(sorted(pools))}, "
                f"came {quoted(pool)}"
            )
            yield Problem("unknown_pool", message, (node.id,))


def bad_conditions(graph: Graph) -> Iterator[Problem]:
    """Conditions without branches, with unusable expressions, or with two of one name."""
    conditions = [(node, node.work) for node in graph.nodes if isinstance(node.work, ConditionWork)]
    distinct = {branch.expression for _, work in conditions for branch in work.branches}
    if (length := sum(map(len, distinct))) > LONGEST_TOGETHER:
        message = (
            f"expected different expressions of at most {LONGEST_TOGETHER:,} characters together, "
            f"came {length:,}"
        )
        yield Problem("too_large", message, tuple(node.id for node, _ in conditions))
        return
    for node, work in conditions:
        yield from _bad_branches(node, work)


def _bad_branches(node: Node, work: ConditionWork) -> Iterator[Problem]:
    count = len(work.branches)
    if not 1 <= count <= MOST_BRANCHES:
        message = f"node {quoted(node.id)}: expected 1 to {MOST_BRANCHES} branches, came {count}"
        yield Problem("bad_expression", message, (node.id,))
    taken = {"else"}
    for branch in work.branches:
        where = f"node {quoted(node.id)}, branch {quoted(branch.handle)}"
        if wrong := complaint(branch.expression):
            yield Problem("bad_expression", f"{where}: {wrong}", (node.id,))
        if not branch.handle or branch.handle in taken:
            message = f"{where}: expected a handle that is not empty, used before, or else"
            yield Problem("duplicate_handle", message, (node.id,))
        taken.add(branch.handle)


def unknown_handles(graph: Graph) -> Iterator[Problem]:
    """Edges that leave a branching node by a way it does not have."""
    ways: dict[str, frozenset[str]] = {}
    for node in graph.nodes:
        if isinstance(node.work, ConditionWork):
            ways[node.id] = frozenset({"else", *(b.handle for b in node.work.branches)})
        elif isinstance(node.work, ApprovalWork):
            ways[node.id] = frozenset({"approved", "rejected"})
    for link in graph.links:
        if link.source in ways and link.handle not in ways[link.source]:
            message = (
                f"the edge from {quoted(link.source)} to {quoted(link.target)}: expected one of "
                f"{', '.join(sorted(map(quoted, ways[link.source])))} as sourceHandle, "
                f"came {quoted(link.handle) if link.handle else 'none'}"
            )
            yield Problem("unknown_handle", message, (link.source, link.target))


def missing_templates(graph: Graph) -> Iterator[Problem]:
    """Merges by template that have none."""
    for node in graph.nodes:
        work = node.work
        if isinstance(work, MergeWork) and work.strategy == "template" and work.template is None:
            message = f"node {quoted(node.id)}: expected a template for this strategy, came none"
            yield Problem("missing_template", message, (node.id,))
