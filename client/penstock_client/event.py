"""An event: a fact of a run as a reader receives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

Data = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Event:
    """One fact.

    `id` is its position in the log: ids of a run only rise, and any of them resumes a reader.
    `type` is the wire name (`step.delta`), `data` the fact itself.
    """

    id: int
    type: str
    data: dict[str, JsonValue]


def integer_in(data: Data, key: str) -> int:
    """The whole number there; 0 where there is none."""
    value = data.get(key)
    return value if isinstance(value, int) else 0


def mapping_in(data: Data, key: str) -> Data:
    """The object there; an empty one where there is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}
