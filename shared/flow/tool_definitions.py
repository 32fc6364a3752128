"""The tools that agents have workers call: whether they are any, and each name stands for one."""

from collections import Counter
from collections.abc import Iterator

from pydantic import ValidationError

from shared.flow.graph import Graph, Node
from shared.flow.json_value import quoted
from shared.flow.problem import Problem
from shared.flow.work import AgentWork

MOST_TOOLS = 128


def bad_definitions(graph: Graph, *, is_stored: bool) -> Iterator[Problem]:
    """Tools that are none, too many, or two of one name; those of a flow that `is_stored` were
    judged when it was."""
    for node in () if is_stored else graph.nodes:
        if isinstance(node.work, AgentWork) and node.work.own_tools:
            yield from _of_agent(node, node.work)


def _of_agent(node: Node, work: AgentWork) -> Iterator[Problem]:
    # Only who has tools pays for loading what checks them.
    from shared.tools.offered import offered_by

    where = f"node {quoted(node.id)}"
    names = list(work.provider_tools)
    for number, definition in enumerate(work.own_tools):
        told = quoted(str(definition.get("name", number)))
        try:
            offered = [each.name for each in offered_by((definition,))]
            names += offered
            if not offered:
                message = f"{where}, tool {told}, listed: expected what its server lists, got none"
                yield Problem("bad_tool", message, (node.id,))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            path = ".".join(str(part) for part in first["loc"])
            message = f"{where}, tool {told}, {path or 'the whole'}: {first['msg']}"
            yield Problem("bad_tool", message, (node.id,))
    for name, count in Counter(names).items():
        if count > 1:
            message = f"{where}: expected each tool once, came {quoted(name)} {count} times"
            yield Problem("duplicate_tool", message, (node.id,))
    if len(names) > MOST_TOOLS:
        message = f"{where}: expected at most {MOST_TOOLS} tools, came {len(names):,}"
        yield Problem("bad_tool", message, (node.id,))
