"""Small drawings for tests, in the JSON of a canvas."""

from shared.flow import JSON, Flow, Invalid, Problem, parse

Drawn = dict[str, JSON]


def node(node_id: str, type_: str = "template", **data: JSON) -> Drawn:
    """A node; templates get a text if they have none."""
    if type_ == "template":
        data.setdefault("template", "{{input}}")
    return {"id": node_id, "type": type_, "position": {"x": 0, "y": 0}, "data": data}


def agent(node_id: str, **data: JSON) -> Drawn:
    """An agent node as canvases of others store it, naming its agent."""
    return node(node_id, "agent", **{"agentId": f"agent-{node_id}", "agentName": node_id, **data})


def condition(node_id: str, *handles: str) -> Drawn:
    """A condition with these branches, each of which holds."""
    branches: list[JSON] = [{"handle": handle, "expression": "true"} for handle in handles]
    return node(node_id, "condition", branches=branches)


def edge(source: str, target: str, handle: str | None = None) -> Drawn:
    """An edge, leaving by `handle`."""
    return {"id": f"{source}-{target}", "source": source, "target": target, "sourceHandle": handle}


def drawing(nodes: list[Drawn], edges: list[Drawn] | None = None) -> Drawn:
    """Nodes and edges together."""
    return {"nodes": nodes, "edges": edges or [], "viewport": {"x": 0, "y": 0, "zoom": 1}}


def joined(*pairs: str) -> Drawn:
    """Templates joined as in `joined("a-b", "b-c")`, in order of appearance."""
    ends = [pair.split("-") for pair in pairs]
    names = dict.fromkeys(end for pair in ends for end in pair)
    return drawing([node(name) for name in names], [edge(a, b) for a, b in ends])


def flow_of(raw: JSON) -> Flow:
    """The flow that the drawing must be."""
    flow = parse(raw)
    assert isinstance(flow, Flow), flow
    return flow


def problems_of(raw: object) -> tuple[Problem, ...]:
    """The problems that the drawing must have."""
    invalid = parse(raw)
    assert isinstance(invalid, Invalid), invalid
    assert invalid.problems
    return invalid.problems


def problem_of(raw: object) -> Problem:
    """The one problem that the drawing must have."""
    (problem,) = problems_of(raw)
    return problem
