"""An event: a fact of a run as a reader receives it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Event:
    """One fact.

    `id` is its position in the log: ids of a run only rise, and any of them resumes a reader.
    `type` is the wire name (`step.delta`), `data` the fact itself.
    """

    id: int
    type: str
    data: dict[str, JsonValue]
