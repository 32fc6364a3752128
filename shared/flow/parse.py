"""From a drawing to a flow, or to everything that is wrong with it."""

from collections.abc import Collection, Iterator, Mapping

from shared.flow import rules
from shared.flow.abilities import unable_models
from shared.flow.defaults import Offer
from shared.flow.flow import Edge, Flow, Step
from shared.flow.graph import MOST_PROBLEMS, Graph, Link, Node, read_graph
from shared.flow.json_value import quoted
from shared.flow.model_chains import bad_models
from shared.flow.order import Targets, cycles, order
from shared.flow.output_schemas import bad_schemas
from shared.flow.problem import Invalid, Problem
from shared.flow.references import bad_references, variables_of
from shared.flow.tool_definitions import bad_definitions
from shared.flow.typed_paths import bad_paths
from shared.flow.version import version_of
from shared.flow.weight import too_heavy
from shared.flow.work import Kind

MOST_NODES = 20_000
MOST_EDGES = 200_000
POOLS = frozenset({"default", "local"})


def parse(
    raw: object,
    *,
    pools: frozenset[str] = POOLS,
    known_agents: Collection[str] | None = None,
    offer: Offer | None = None,
    is_stored: bool = False,
) -> Flow | Invalid:
    """The flow that `raw` (any JSON value) draws, or all problems found, in a stable order,
    of more than `MOST_PROBLEMS` the first.

    Agents are checked against `known_agents` if given, their models and what they ask of these
    against what is on `offer`; nobody has that for what `is_stored`. The
    expressions of what `is_stored` were judged when it was, and so was what it reads of JSON; what
    is found wrong with that today fails its step, not its run's flow.
    Nodes that nobody executes are left out. O((V + E) log V).
    """
    if oversize := _oversize(raw):
        return Invalid((oversize,))
    graph, problems = read_graph(raw, is_stored=is_stored)
    steps = _vertices(graph)
    targets = _targets(graph, steps)
    known = None if known_agents is None else frozenset(known_agents)
    problems += _broken_rules(graph, pools, known, is_stored=is_stored)
    problems += _found_cycles(steps, targets)
    problems += bad_references(graph, is_stored=is_stored)
    problems += bad_models(graph, offer, is_stored=is_stored)
    problems += bad_schemas(graph, is_stored=is_stored)
    problems += bad_definitions(graph, is_stored=is_stored)
    problems += unable_models(graph, offer.models if offer else None)
    if problems:
        return Invalid(tuple(problems[:MOST_PROBLEMS]))
    flow = _flow(graph, order(targets), version_of(raw))
    late = [*too_heavy(flow), *(() if is_stored else bad_paths(flow))]
    return Invalid(tuple(late[:MOST_PROBLEMS])) if late else flow


def _oversize(raw: object) -> Problem | None:
    for key, most in (("nodes", MOST_NODES), ("edges", MOST_EDGES)):
        found = raw.get(key) if isinstance(raw, dict) else None
        if isinstance(found, list) and len(found) > most:
            return Problem("too_large", f"expected at most {most:,} {key}, came {len(found):,}")
    return None


def _broken_rules(
    graph: Graph,
    pools: Collection[str],
    known_agents: Collection[str] | None,
    *,
    is_stored: bool,
) -> Iterator[Problem]:
    yield from rules.emptiness(graph)
    yield from rules.duplicate_nodes(graph)
    yield from rules.bad_links(graph)
    yield from rules.idle_types(graph)
    yield from rules.unreachable_outputs(graph)
    yield from rules.missing_agents(graph, known_agents)
    yield from rules.bad_tools(graph)
    yield from rules.unknown_pools(graph, pools)
    yield from rules.bad_conditions(graph, is_stored=is_stored)
    yield from rules.unknown_handles(graph)
    yield from rules.missing_templates(graph)


def _vertices(graph: Graph) -> dict[str, int]:
    """The steps' positions among each other in the array, by node id."""
    ids = dict.fromkeys(node.id for node in graph.nodes if node.kind)
    return {node: vertex for vertex, node in enumerate(ids)}


def _targets(graph: Graph, steps: Mapping[str, int]) -> Targets:
    """For each vertex the ones its edges lead to, without loops, dangling ends, repetitions."""
    targets: list[dict[int, None]] = [{} for _ in steps]
    for link in graph.links:
        source, target = steps.get(link.source), steps.get(link.target)
        if source is not None and target is not None and source != target:
            targets[source][target] = None
    return [list(reached) for reached in targets]


def _found_cycles(steps: Mapping[str, int], targets: Targets) -> Iterator[Problem]:
    ids = list(steps)
    for component in cycles(targets):
        names = tuple(ids[vertex] for vertex in component)
        first = ", ".join(quoted(name) for name in names[:5])
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        message = f"these nodes wait for each other: {first}{more}; remove an edge among them"
        yield Problem("cycle", message, names)


def _flow(graph: Graph, ordered: list[int], version: str) -> Flow:
    nodes = [node for node in graph.nodes if node.kind]
    numbers = {nodes[vertex].id: number for number, vertex in enumerate(ordered)}
    links = [link for link in graph.links if link.source in numbers and link.target in numbers]
    inputs, outputs = _edges(links, numbers)
    steps = tuple(
        _step(number, nodes[vertex], inputs[number], outputs[number])
        for number, vertex in enumerate(ordered)
    )
    ends = [step.number for step in steps if step.kind == "output"]
    sinks = ends or [step.number for step in steps if not step.outputs]
    return Flow(version, steps, tuple(sinks), variables_of(nodes))


Joined = list[tuple[Edge, ...]]


def _edges(links: list[Link], numbers: Mapping[str, int]) -> tuple[Joined, Joined]:
    """The edges into and out of each step, by number."""
    inputs: list[list[Edge]] = [[] for _ in numbers]
    outputs: list[list[Edge]] = [[] for _ in numbers]
    for link in links:
        edge = Edge(numbers[link.source], numbers[link.target], link.handle)
        inputs[edge.target].append(edge)
        outputs[edge.source].append(edge)
    return (
        [tuple(sorted(edges, key=_place)) for edges in inputs],
        [tuple(sorted(edges, key=_place)) for edges in outputs],
    )


def _place(edge: Edge) -> tuple[int, int, str]:
    return edge.source, edge.target, edge.handle or ""


def _step(number: int, node: Node, inputs: tuple[Edge, ...], outputs: tuple[Edge, ...]) -> Step:
    kind, work, limits = node.kind, node.work, node.limits
    if kind is None or work is None or limits is None:
        raise ValueError(f"node {quoted(node.id)} was read with problems and is no step")
    return Step(
        number=number,
        node=node.id,
        kind=kind,
        work=work,
        label=node.label,
        pool=limits.pool or _own_pool(kind),
        retry=limits.retry,
        timeout_seconds=limits.timeout_seconds,
        queue_seconds=limits.queue_seconds,
        first_token_seconds=limits.first_token_seconds,
        idle_seconds=limits.idle_seconds,
        quiet_seconds=limits.quiet_seconds,
        on_error=limits.on_error,
        inputs=inputs,
        outputs=outputs,
    )


def _own_pool(kind: Kind) -> str:
    return "default" if kind == "agent" else "local"
