"""The rules a graph must keep to be a flow; each returns its problems, none if it is kept."""

import re
from collections import Counter
from collections.abc import Collection, Iterator

from shared.flow.expression import LONGEST, LONGEST_TOGETHER, complaint
from shared.flow.graph import Graph, Link, Node
from shared.flow.json_value import quoted
from shared.flow.problem import Problem
from shared.flow.work import TOOLS, WORKS, AgentWork, ApprovalWork, ConditionWork, MergeWork

DECORATION = frozenset({"note", "group"})
MOST_BRANCHES = 100
KNOWN_TOOLS = f"{', '.join(TOOLS)} or a tool of the workspace"
DOMAIN = re.compile(r"[^\s:/.]+(\.[^\s:/.]+)+(/\S*)?")


def duplicate_nodes(graph: Graph) -> Iterator[Problem]:
    """One problem for each id that more than one node has."""
    for node, count in Counter(node.id for node in graph.nodes).items():
        if count > 1:
            message = f"expected each node id once, came {quoted(node)} {count} times"
            yield Problem("duplicate_node", message, (node,))


def bad_links(graph: Graph) -> Iterator[Problem]:
    """Edges whose ends are missing or the same; a node without a readable id may be any of them."""
    ids = {node.id for node in graph.nodes} | graph.lost_ids
    for link in dict.fromkeys(Link(link.source, link.target, None) for link in graph.links):
        for end in dict.fromkeys((link.source, link.target)):
            if end not in ids and not graph.has_lost_nodes:
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
    connected = connected_ids(graph)
    passing = _passing_ids(graph)
    *others, last = WORKS
    for node in graph.nodes:
        if node.kind is not None or node.type is None:
            continue
        if node.type in DECORATION:
            if node.id in passing:
                message = f"{node.type} {quoted(node.id)} passes nothing on; lead edges around it"
                yield Problem("decoration_path", message, (node.id,))
        elif node.id in connected:
            message = (
                f"node {quoted(node.id)}: expected {', '.join(others)} or {last} as the type of a "
                f"connected node, came {quoted(node.type)}"
            )
            yield Problem("unknown_type", message, (node.id,))


def connected_ids(graph: Graph) -> set[str]:
    """The ids that an edge from or to another node names."""
    ends = ((link.source, link.target) for link in graph.links if link.source != link.target)
    return {end for pair in ends for end in pair}


def _passing_ids(graph: Graph) -> set[str]:
    """The ids that edges between nodes that are there both lead to and leave."""
    ids = {node.id for node in graph.nodes}
    steps = {node.id for node in graph.nodes if node.kind}
    links = [link for link in graph.links if link.source in ids and link.target in ids]
    links = [link for link in links if link.source != link.target]
    return ({link.source for link in links} & {link.target for link in links}) - steps


def emptiness(graph: Graph) -> Iterator[Problem]:
    """A drawing without any node to execute, and without one that should have been."""
    connected = connected_ids(graph)
    meant = any(
        node.kind or node.type is None or (node.type not in DECORATION and node.id in connected)
        for node in graph.nodes
    )
    if not (meant or graph.has_lost_nodes or graph.lost_ids):
        message = "expected at least one node to execute, such as an agent, came none"
        yield Problem("empty", message)


def unreachable_outputs(graph: Graph) -> Iterator[Problem]:
    """Output nodes that no edge leads to, not even one that has a problem of its own."""
    idle = {node.id for node in graph.nodes if node.type in DECORATION}
    idle -= {node.id for node in graph.nodes if node.kind}
    entered: set[str | None] = {
        link.target
        for link in graph.links
        if link.source not in idle and link.source != link.target
    }
    entered |= {target for _, target in graph.lost_links}
    if None in entered:
        return
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
    """Agents that ask for tools nobody has, or bound them to what is no domain."""
    for node in graph.nodes:
        if not isinstance(node.work, AgentWork):
            continue
        for name in node.work.provider_tools:
            if name not in TOOLS:
                message = f"node {quoted(node.id)}: expected {KNOWN_TOOLS}, came {quoted(name)}"
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


def bad_conditions(graph: Graph, *, is_stored: bool) -> Iterator[Problem]:
    """Conditions without branches, with unusable expressions, or with two of one name."""
    conditions = [(node, node.work) for node in graph.nodes if isinstance(node.work, ConditionWork)]
    distinct = {branch.expression for _, work in conditions for branch in work.branches}
    length = sum(len(expression) for expression in distinct if len(expression) <= LONGEST)
    too_long = length > LONGEST_TOGETHER
    if too_long:
        message = (
            f"expected different expressions of at most {LONGEST_TOGETHER:,} characters together, "
            f"came {length:,}"
        )
        yield Problem("too_large", message, tuple(node.id for node, _ in conditions))
    for node, work in conditions:
        yield from _bad_branches(node, work, are_read=not (too_long or is_stored))


def _bad_branches(node: Node, work: ConditionWork, *, are_read: bool) -> Iterator[Problem]:
    count = len(work.branches)
    if not 1 <= count <= MOST_BRANCHES:
        message = f"node {quoted(node.id)}: expected 1 to {MOST_BRANCHES} branches, came {count}"
        yield Problem("bad_expression", message, (node.id,))
    taken = {"else"}
    for branch in work.branches:
        where = f"node {quoted(node.id)}, branch {quoted(branch.handle)}"
        expression = branch.expression
        if (are_read or len(expression) > LONGEST) and (wrong := complaint(expression)):
            yield Problem("bad_expression", f"{where}: {wrong}", (node.id,))
        if not branch.handle or branch.handle in taken:
            message = f"{where}: expected a handle that is not empty, used before, or else"
            yield Problem("duplicate_handle", message, (node.id,))
        taken.add(branch.handle)


def unknown_handles(graph: Graph) -> Iterator[Problem]:
    """Edges that leave a branching node by a way it does not have."""
    ways = _ways_out(graph)
    told = {node: ", ".join(map(quoted, sorted(names))) for node, names in ways.items()}
    for link in graph.links:
        if link.source in ways and link.handle not in ways[link.source]:
            message = (
                f"the edge from {quoted(link.source)} to {quoted(link.target)}: expected one of "
                f"{told[link.source]} as sourceHandle, "
                f"came {quoted(link.handle) if link.handle else 'none'}"
            )
            yield Problem("unknown_handle", message, (link.source, link.target))


def _ways_out(graph: Graph) -> dict[str, frozenset[str]]:
    """The handles of branching nodes, of those whose id and branches leave no doubt about them."""
    ways: dict[str, frozenset[str]] = {}
    for node in graph.nodes:
        if isinstance(node.work, ApprovalWork):
            ways[node.id] = frozenset({"approved", "rejected"})
        elif isinstance(node.work, ConditionWork):
            handles = {branch.handle for branch in node.work.branches} - {"", "else"}
            if handles and len(handles) == len(node.work.branches):
                ways[node.id] = frozenset({"else", *handles})
    shared = Counter(node.id for node in graph.nodes)
    return {node: handles for node, handles in ways.items() if shared[node] == 1}


def missing_templates(graph: Graph) -> Iterator[Problem]:
    """Merges by template that have none."""
    for node in graph.nodes:
        work = node.work
        if isinstance(work, MergeWork) and work.strategy == "template" and work.template is None:
            message = f"node {quoted(node.id)}: expected a template for this strategy, came none"
            yield Problem("missing_template", message, (node.id,))
