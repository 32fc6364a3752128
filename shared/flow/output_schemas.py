"""The schemas that agents' answers have to fit."""

from collections.abc import Iterator, Mapping

from shared.flow.graph import Graph
from shared.flow.json_value import quoted
from shared.flow.problem import Problem
from shared.flow.work import AgentWork


def bad_schemas(graph: Graph, *, is_stored: bool) -> Iterator[Problem]:
    """Agents whose output_schema is none; those of a flow that `is_stored` were judged then."""
    for node in () if is_stored else graph.nodes:
        schema = node.work.output_schema if isinstance(node.work, AgentWork) else None
        if schema is not None and (wrong := complaint_of(schema)):
            message = f"node {quoted(node.id)}, output_schema: {wrong}"
            yield Problem("bad_schema", message, (node.id,))


def complaint_of(schema: Mapping[str, object]) -> str | None:
    """What is wrong with the schema of an answer, as a sentence; None if nothing is."""
    # Only who has a schema pays for loading what checks it.
    from shared.tools.schema import schema_problem

    return schema_problem(schema, is_of_arguments=False)
