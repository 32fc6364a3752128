"""The reference of facts, made from the models: `python -m shared.log.reference` prints it.

docs/reference/events.md            every fact: its subject, its writer, its fields
docs/reference/events.schema.json   the same as JSON Schema (`--schema`)
"""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from shared.log.subjects import AnyFact, rest_of
from shared.run import facts as f
from shared.run.content import (
    Blob,
    Cause,
    Citation,
    CitationAt,
    ContentRef,
    InputRef,
    KeptDecision,
    Limits,
    Receipt,
    ResultRef,
    ToolDetail,
    ToolFault,
    Usage,
    WebPage,
)
from shared.run.meaning import LIFECYCLE, MEANING, STREAM, heart_of, type_of

_NAMES = {"step": "n", "attempt": "a", "execution": "e", "turn": "k", "index": "i"}
_EVERY = ("type", "version", "at", "workspace", "run", "partition")
_PARTS = (
    *(Cause, ContentRef, InputRef, ResultRef, Usage, ToolDetail, ToolFault, WebPage, Citation),
    *(CitationAt, Receipt, KeptDecision, Limits, Blob),
)
_HEAD = """# Events

Everything that happens to a run is a fact in the log, and every reader gets facts: on `live.>`, in
the streams of the api, from a consumer of one's own. Each fact is one JSON object. Made from the
models by `python -m shared.log.reference`; as JSON Schema in `events.schema.json`.

A fact's subject is its identity: `run.{partition}.{workspace}.{run}.` and what the tables say. It
is republished as `live.{workspace}.{run}.` and the same. `{n}` is the step's number in topological
order from 0, `{a}` the attempt from 1, `{e}` the execution from 1, `{k}` the model turn from 1,
`{i}` the call in its turn from 0.
The log records each subject once; only `delta` subjects hold many facts, for an hour.

Every fact says `type`, `version`, `at` (its writer's clock, RFC 3339, UTC; nothing is decided
by it), `workspace`, `run` and `partition`. A new field may appear at any time: pass over what you
do not know. Anything else would be a new `version`.
"""


def reference() -> str:
    """docs/reference/events.md."""
    kinds = [*LIFECYCLE, *STREAM]
    parts = [_HEAD, *_overview(kinds), *_readers(kinds)]
    for kind in kinds:
        parts += ["", f"## {type_of(kind)}", "", _first_paragraphs(kind), ""]
        parts += [f"`{_rest_of(kind)}`, written by: {MEANING[kind].writer}.", ""]
        parts += _fields(kind)
    parts += ["", "# Parts of facts"]
    for part in _PARTS:
        parts += ["", f"## {part.__name__}", "", _first_paragraphs(part), "", *_fields(part)]
    return "\n".join(parts) + "\n"


def schema() -> str:
    """docs/reference/events.schema.json: what a reader may expect (JSON Schema 2020-12)."""
    adapter: TypeAdapter[AnyFact] = TypeAdapter(f.Fact)
    made = adapter.json_schema(mode="validation")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Penstock events"}
    return json.dumps({**head, **made}, indent=2) + "\n"


def _overview(kinds: list[type[f.RunFact]]) -> Iterator[str]:
    yield "| type | subject | written by |"
    yield "|---|---|---|"
    for kind in kinds:
        name, writer = type_of(kind), MEANING[kind].writer
        yield f"| [{name}](#{name.replace('.', '')}) | `{_rest_of(kind)}` | {writer} |"


def _readers(kinds: list[type[f.RunFact]]) -> Iterator[str]:
    yield from ("", "What each reader here makes of a fact; where nothing stands, it goes on:", "")
    yield "| type | heart | read model | api | client, watch page | updates |"
    yield "|---|---|---|---|---|---|"
    for kind in kinds:
        _, *made = MEANING[kind]
        yield f"| `{type_of(kind)}` | {' | '.join((heart_of(kind), *made))} |"


def _rest_of(kind: type[f.RunFact]) -> str:
    named: dict[str, Any] = {n: f"{{{_NAMES.get(n, n)}}}" for n in kind.model_fields}
    made: Any = kind.model_construct(**named)
    return rest_of(made)


def _first_paragraphs(model: type[BaseModel]) -> str:
    lines = [line.strip() for line in (model.__doc__ or "").splitlines()]
    return "\n".join(lines).strip()


def _fields(model: type[BaseModel]) -> list[str]:
    rows = [
        f"| `{name}` | {_shown(field.annotation)} | {_default(field)} |"
        for name, field in model.model_fields.items()
        if name not in _EVERY
    ]
    return ["| field | type | if absent |", "|---|---|---|", *rows] if rows else ["No more fields."]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "never"
    default = field.get_default(call_default_factory=True)
    if isinstance(default, BaseModel):
        return "all defaults"
    shown = list(default) if isinstance(default, tuple) else default
    return f"`{json.dumps(shown)}`"


def _shown(annotation: Any) -> str:
    """A type as people read it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return " or ".join(_shown(each) for each in arguments)
    if origin is Literal:
        return " or ".join(f'`"{each}"`' for each in arguments)
    if origin is tuple:
        return f"list of {_shown(arguments[0])}"
    if origin is Annotated:
        return _shown(arguments[0])
    if origin is dict or annotation is dict:
        return "object"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    plain = {str: "text", int: "integer", float: "number", bool: "boolean", type(None): "null"}
    return plain[annotation]


if __name__ == "__main__":
    sys.stdout.write(schema() if "--schema" in sys.argv else reference())
