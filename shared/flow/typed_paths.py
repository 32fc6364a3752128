"""Paths into JSON that no text will have, found before the run.

    text of                           is JSON for certain
    --------------------------------  --------------------------------------------------------------
    an agent                          with an output_schema
    a merge by `json`                 always: an object by node id, of JSON where that came in
    an output, condition, approval    if one text comes in, or several of the same schema, and those
                                      are JSON
    anything else                     never

Where several edges lead to a step that passes texts on, which are alive is known in the run alone:
two at once are no JSON, and the step that reads them fails. That is not for here to say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from shared.flow.cel_reads import reads_of
from shared.flow.flow import Flow, Step
from shared.flow.json_value import JSON, quoted
from shared.flow.problem import Problem
from shared.flow.references import pieces_in
from shared.flow.schema_path import first_unknown
from shared.flow.work import AgentWork, ConditionWork, MergeWork

MOST_LOOKS: Final = 2_000_000
"""Parts of schemas that are looked at for one flow; beyond, any path may be there."""


class Fitting(NamedTuple):
    """JSON that fits a schema of so many parts."""

    schema: Mapping[str, JSON]
    parts: int


class Merged(NamedTuple):
    """An object whose members are the outputs of nodes; None where that is text."""

    members: Mapping[str, Shape | None]


Shape: TypeAlias = Fitting | Merged


class Access(NamedTuple):
    """A path into the JSON of a node, or of what comes in (`node` is None)."""

    node: str | None
    path: tuple[str, ...]


def bad_paths(flow: Flow) -> Iterator[Problem]:
    """What reads JSON where there is none, or a path that it does not have."""
    shapes = _shapes(flow)
    looks = MOST_LOOKS
    for step in flow.steps:
        for access in _accesses(flow, step):
            shape = _read_shape(flow, step, access, shapes)
            looks -= _cost(shape, access.path)
            if problem := _problem(step, access, shape, is_judged=looks >= 0):
                yield problem


def _read_shape(
    flow: Flow, step: Step, access: Access, shapes: Sequence[Shape | None]
) -> Shape | None:
    if access.node is None:
        return _of_inputs(step, shapes)
    return shapes[flow.numbers[access.node]]


def _problem(step: Step, access: Access, shape: Shape | None, *, is_judged: bool) -> Problem | None:
    if shape is None:
        # An expression may ask any text that comes in whether it is JSON.
        may_ask = access.node is None and isinstance(step.work, ConditionWork)
        return None if may_ask else _not_json(step, access)
    if not is_judged or (at := _first_unknown(shape, access.path)) is None:
        return None
    return _unknown_path(step, access, at)


def _accesses(flow: Flow, step: Step) -> Iterator[Access]:
    pieces = dict.fromkeys(pieces_in(step.work, flow.numbers))
    for piece in pieces:
        if piece.path is not None:
            yield Access(None if piece.means == "input" else piece.name, piece.path)
    if isinstance(step.work, ConditionWork):
        read = (path for branch in step.work.branches for path in reads_of(branch.expression).paths)
        yield from (Access(None, path) for path in dict.fromkeys(read))


def _shapes(flow: Flow) -> Sequence[Shape | None]:
    """What the text of each step is; the same schema is the same object."""
    schemas: dict[str, Fitting] = {}
    shapes: list[Shape | None] = []
    for step in flow.steps:
        shapes.append(_shape(flow, step, shapes, schemas))
    return shapes


def _shape(
    flow: Flow, step: Step, before: Sequence[Shape | None], schemas: dict[str, Fitting]
) -> Shape | None:
    match step.work:
        case AgentWork(output_schema=dict(schema)):
            fitting = Fitting(schema, _parts(schema))
            return schemas.setdefault(json.dumps(schema, sort_keys=True), fitting)
        case MergeWork(strategy="json"):
            sources = _sources(step)
            return Merged({flow.steps[number].node: before[number] for number in sources})
    return _of_inputs(step, before) if step.passes_inputs else None


def _of_inputs(step: Step, shapes: Sequence[Shape | None]) -> Shape | None:
    """What comes in, if it is one text: none of several kinds, and not the run's input."""
    found = {id(shape): shape for shape in (shapes[number] for number in _sources(step))}
    return next(iter(found.values())) if len(found) == 1 else None


def _sources(step: Step) -> Iterable[int]:
    return dict.fromkeys(edge.source for edge in step.inputs)


def _first_unknown(shape: Shape | None, path: Sequence[str]) -> int | None:
    for at, name in enumerate(path):
        if isinstance(shape, Fitting):
            found = first_unknown(shape.schema, path[at:])
            return None if found is None else at + found
        if shape is None or name not in shape.members:
            return at
        shape = shape.members[name]
    return None


def _cost(shape: Shape | None, path: Sequence[str]) -> int:
    """At most so many parts are looked at."""
    for at, name in enumerate(path):
        if isinstance(shape, Fitting):
            return shape.parts * (len(path) - at)
        if shape is None:
            break
        shape = shape.members.get(name)
    return 1


def _parts(schema: JSON) -> int:
    """The objects and lists in it, itself included."""
    count, pending = 0, [schema]
    while pending:
        found = pending.pop()
        if isinstance(found, dict | list):
            count += 1
            pending.extend(found.values() if isinstance(found, dict) else found)
    return count


def _not_json(step: Step, access: Access) -> Problem:
    source = "what comes in" if access.node is None else quoted(access.node)
    message = (
        f"node {quoted(step.node)}: expected JSON to read {quoted(_spelled(step, access))}, "
        f"but the text of {source} need not be any; give the agent that writes it an output_schema"
    )
    return Problem("not_json", message, _nodes(step, access))


def _unknown_path(step: Step, access: Access, at: int) -> Problem:
    path = _spelled(step, access._replace(path=access.path[: at + 1]))
    message = (
        f"node {quoted(step.node)}: expected a path that the output has by its output_schema, "
        f"came {quoted(path)}, which it does not"
    )
    return Problem("unknown_path", message, _nodes(step, access))


def _spelled(step: Step, access: Access) -> str:
    given = "json" if isinstance(step.work, ConditionWork) else "input.json"
    start = given if access.node is None else f"nodes.{access.node}.json"
    return ".".join((start, *access.path))


def _nodes(step: Step, access: Access) -> tuple[str, ...]:
    return (step.node,) if access.node is None else (step.node, access.node)
