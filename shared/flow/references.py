"""What the texts of a flow refer to: variables of the run, outputs of other nodes."""

from collections.abc import Iterable, Iterator, Mapping

from shared.flow.graph import Graph, Node
from shared.flow.json_value import quoted
from shared.flow.order import Targets, order
from shared.flow.problem import Problem
from shared.flow.template import Piece, instruction_pieces, template_pieces
from shared.flow.work import AgentWork, MergeWork, TemplateWork


def pieces_of(node: Node) -> list[Piece]:
    """The pieces of the text that the node fills in; none for kinds without one."""
    match node.work:
        case AgentWork(instructions=text):
            return instruction_pieces(text)
        case TemplateWork(template=text) | MergeWork(strategy="template", template=str(text)):
            return template_pieces(text)
    return []


def variables_of(nodes: Iterable[Node]) -> frozenset[str]:
    """The names of all variables a run has to supply."""
    return frozenset(p.name for node in nodes for p in pieces_of(node) if p.means == "variable")


def bad_references(graph: Graph, steps: Mapping[str, int], targets: Targets) -> Iterator[Problem]:
    """Placeholders that can never be filled, or not for certain.

    `steps` gives the vertex of each node that is a step; `targets` joins the vertices.
    """
    named: dict[int, list[str]] = {}
    for node in graph.nodes:
        for piece in dict.fromkeys(pieces_of(node)):
            if piece.means == "unknown":
                yield _unfillable(node, piece.name)
            elif piece.means == "node" and piece.name not in steps:
                yield _unknown(node, piece.name)
            elif piece.means == "node":
                named.setdefault(steps[node.id], []).append(piece.name)
    yield from _not_upstream(named, steps, targets)


def _not_upstream(
    named: Mapping[int, list[str]], steps: Mapping[str, int], targets: Targets
) -> Iterator[Problem]:
    if not named:
        return
    ids = {number: node for node, number in steps.items()}
    marks = {steps[name]: 1 << bit for bit, name in enumerate(_distinct(named))}
    above = [0] * len(targets)  # for each vertex the marked ones upstream, a bit each
    ordered = order(targets)
    for vertex in ordered:
        passed_on = above[vertex] | marks.get(vertex, 0)
        for target in targets[vertex]:
            above[target] |= passed_on
    for vertex in sorted(named.keys() & set(ordered)):  # the others wait for a cycle anyway
        for name in named[vertex]:
            if not above[vertex] & marks[steps[name]]:
                yield _too_early(ids[vertex], name)


def _distinct(named: Mapping[int, list[str]]) -> dict[str, None]:
    return dict.fromkeys(name for names in named.values() for name in names)


def _unfillable(node: Node, name: str) -> Problem:
    return Problem(
        "bad_template",
        f"node {quoted(node.id)}: expected {{{{input}}}}, {{{{variables.NAME}}}} or "
        f"{{{{nodes.ID.output}}}} in the template, came {quoted('{{' + name + '}}')}",
        (node.id,),
    )


def _unknown(node: Node, name: str) -> Problem:
    return Problem(
        "unknown_node",
        f"node {quoted(node.id)}: expected the id of a step in the template, came {quoted(name)}",
        (node.id,),
    )


def _too_early(node: str, name: str) -> Problem:
    return Problem(
        "not_upstream",
        f"node {quoted(node)}: its template uses the output of {quoted(name)}, which need not "
        "have finished by then; lead a path from that node to this one",
        (node, name),
    )
