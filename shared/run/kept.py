"""What a fork has from the run it was forked from: outcomes by step, as references.

The body that lists them, a JSON array in UTF-8, is stored under its hash with the new run; its
`run.requested` names it. The texts are bodies of the new run too: nothing here carries any.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, NamedTuple, TypeAlias

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from shared.errors import Corrupt
from shared.flow import Flow
from shared.run.content import Blob, CitationAt, KeptDecision, Part


class KeptStep(Part):
    """The outcome of one step, by its number in the new flow; its attempt there is the first.

    `output` is None for a step that only passes texts on; `branches` None means all. `stop_reason`
    and `truncated` are what the model said of its answer; `json`: the output is JSON that fits.
    `citations` are the sources that it named, those of all steps together no more than 64 KiB.
    """

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    step: int
    output: Blob | None = None
    output_sha256: str = ""
    size_bytes: int = 0
    branches: tuple[str, ...] | None = None
    decided: KeptDecision | None = None
    stop_reason: str | None = None
    truncated: bool = False
    is_json: Annotated[bool, Field(alias="json")] = False
    citations: tuple[CitationAt, ...] = ()
    citations_left_out: int = 0


class Named(NamedTuple):
    """The sources that an answer named, and how many more it did."""

    citations: tuple[CitationAt, ...]
    left_out: int


NO_SOURCES = Named((), 0)
Kept: TypeAlias = Mapping[int, KeptStep]

NOTHING_KEPT: Kept = MappingProxyType({})
NOTHING_NAMED: Mapping[int, Named] = MappingProxyType({})
_LIST = TypeAdapter(tuple[KeptStep, ...])


def body_of(steps: Iterable[KeptStep]) -> bytes:
    """The body that lists these steps."""
    return _LIST.dump_json(tuple(steps))


def kept_in(body: bytes) -> Kept:
    """What a body lists, by step. Raises: Corrupt."""
    try:
        return {each.step: each for each in _LIST.validate_json(body)}
    except ValidationError as error:
        raise Corrupt(
            f"expected a list of kept steps, found {body[:80]!r}... ({error.errors()[0]['msg']})"
        ) from error


def leading_to(flow: Flow, numbers: Iterable[int]) -> frozenset[int]:
    """These steps and all before them. O(edges)."""
    found: set[int] = set()
    open_ = {number for number in numbers if 0 <= number < len(flow.steps)}
    while open_:
        number = open_.pop()
        found.add(number)
        open_.update(e.source for e in flow.steps[number].inputs if e.source not in found)
    return frozenset(found)
