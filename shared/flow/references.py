"""What texts and expressions of a flow refer to: variables of the run, outputs of other nodes."""

from collections.abc import Container, Iterable, Iterator, Mapping

from shared.flow.cel_reads import reads_of
from shared.flow.graph import Graph, Node
from shared.flow.json_value import quoted
from shared.flow.lost import Drawn, doubtful_ids, drawn
from shared.flow.order import order
from shared.flow.problem import Problem
from shared.flow.template import Piece, instruction_pieces, template_pieces
from shared.flow.work import AgentWork, ConditionWork, MergeWork, TemplateWork, Work

MOST_PLACEHOLDERS = 100_000


def pieces_in(work: Work | None, steps: Container[str] = ()) -> list[Piece]:
    """The pieces of the text that this work fills in; none for kinds without one.

    What expressions read of nodes are pieces too. `steps` are ids of nodes, as templates want them.
    """
    match work:
        case AgentWork(instructions=text):
            return instruction_pieces(text)
        case TemplateWork(template=text) | MergeWork(strategy="template", template=str(text)):
            return template_pieces(text, steps)
        case ConditionWork(branches=branches):
            reads = (read for branch in branches for read in reads_of(branch.expression).nodes)
            return [Piece("node", read.node, read.path) for read in reads]
    return []


def variables_in(work: Work) -> frozenset[str]:
    """The names of the variables that the text of this work names; expressions may name any."""
    return frozenset(p.name for p in pieces_in(work) if p.means == "variable")


def is_filled_with_input(work: Work) -> bool:
    """The output depends on the text that comes in; templates need not name it."""
    is_text = isinstance(work, TemplateWork) or (
        isinstance(work, MergeWork) and work.strategy == "template"
    )
    return not is_text or any(piece.means == "input" for piece in pieces_in(work))


def variables_of(nodes: Iterable[Node]) -> frozenset[str]:
    """The names of all variables a run has to supply."""
    return frozenset(name for node in nodes if node.work for name in variables_in(node.work))


def bad_references(graph: Graph, *, is_stored: bool) -> Iterator[Problem]:
    """Placeholders that can never be filled, or not for certain.

    Where what a template names, or the way there, has a problem of its own, only that is told.
    Expressions of a flow that `is_stored` were judged when it was.
    """
    count = sum(map(_placeholders, graph.nodes))
    if count > MOST_PLACEHOLDERS:
        message = f"expected at most {MOST_PLACEHOLDERS:,} placeholders in a flow, came {count:,}"
        yield Problem("too_large", message)
        return
    named: dict[str, list[str]] = {}
    steps = {node.id for node in graph.nodes if node.kind}
    doubtful = doubtful_ids(graph)
    for node in graph.nodes:
        if is_stored and node.kind == "condition":
            continue
        pieces = (piece._replace(path=None) for piece in pieces_in(node.work, steps))
        for piece in dict.fromkeys(pieces):
            if piece.means == "unknown":
                yield _unfillable(node, piece.name)
            elif piece.means == "node" and piece.name in steps:
                named.setdefault(node.id, []).append(piece.name)
            elif piece.means == "node" and not graph.has_lost_nodes and piece.name not in doubtful:
                yield _unknown(node, piece.name)
    if named:
        yield from _not_upstream(named, drawn(graph))


def _placeholders(node: Node) -> int:
    match node.work:
        case AgentWork(instructions=text) | TemplateWork(template=text):
            return text.count("{{")
        case MergeWork(strategy="template", template=str(text)):
            return text.count("{{")
        case ConditionWork(branches=branches):
            return sum(len(reads_of(branch.expression).nodes) for branch in branches)
    return 0


def _not_upstream(named: Mapping[str, list[str]], whole: Drawn) -> Iterator[Problem]:
    vertices, targets = whole.vertices, whole.targets
    marks = {vertices[name]: 1 << bit for bit, name in enumerate(_distinct(named))}
    above = [0] * len(targets)  # for each vertex the marked ones upstream, a bit each
    ordered = order(targets)
    for vertex in ordered:
        passed_on = above[vertex] | marks.get(vertex, 0)
        for target in targets[vertex]:
            above[target] |= passed_on
    judged = set(ordered) - whole.below  # the others wait for a cycle, or for an edge to be mended
    for node, names in named.items():
        for name in names if vertices[node] in judged else ():
            named_vertex = vertices[name]
            if named_vertex not in whole.above and not above[vertices[node]] & marks[named_vertex]:
                yield _too_early(node, name)


def _distinct(named: Mapping[str, list[str]]) -> dict[str, None]:
    return dict.fromkeys(name for names in named.values() for name in names)


def _unfillable(node: Node, name: str) -> Problem:
    return Problem(
        "bad_template",
        f"node {quoted(node.id)}: expected {{{{input}}}}, {{{{variables.NAME}}}}, "
        f"{{{{nodes.ID.output}}}} or {{{{nodes.ID.json.PATH}}}} in the template, "
        f"came {quoted('{{' + name + '}}')}",
        (node.id,),
    )


def _unknown(node: Node, name: str) -> Problem:
    return Problem(
        "unknown_node",
        f"node {quoted(node.id)}: expected the id of a step in {_where(node)}, came {quoted(name)}",
        (node.id,),
    )


def _where(node: Node) -> str:
    return "an expression" if node.kind == "condition" else "the template"


def _too_early(node: str, name: str) -> Problem:
    return Problem(
        "not_upstream",
        f"node {quoted(node)}: it uses the output of {quoted(name)}, which need not "
        "have finished by then; lead a path from that node to this one",
        (node, name),
    )
