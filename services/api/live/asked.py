"""What a reader of events asks for: from where on, which types, in which form."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic.config import JsonDict

from services.api.http.parameters import HeaderFields, Query, Ticketed, WholeNumber
from services.api.http.problems import BadParameter
from services.api.live.frames import LIFECYCLE_TYPES, TYPES, Form
from shared.log.port import Log

LARGEST_SEQUENCE = 2**63 - 1
MOST_EVENTS = 1000


def _nothing(value: object) -> object:
    return None if value == "" else value


# An empty one is none: so clients send it that have none yet.
Position = Annotated[
    Annotated[WholeNumber, Field(ge=0, le=LARGEST_SEQUENCE)] | None,
    BeforeValidator(_nothing),
    WithJsonSchema({"type": "integer", "minimum": 0}),
]


def _types_among(known: frozenset[str]) -> BeforeValidator:
    def types(value: object) -> object:
        if not isinstance(value, str):
            return value
        wanted = frozenset(filter(None, (each.strip() for each in value.split(","))))
        if wanted - known:
            raise ValueError(f"expected types among {', '.join(sorted(known))}")
        return wanted

    return BeforeValidator(types)


def _list_of(known: frozenset[str]) -> JsonDict:
    return {"type": "array", "items": {"type": "string", "enum": [*sorted(known)]}}


def _flag(value: object) -> object:
    return value in ("1", "true") if isinstance(value, str) else value


class Reading(Query):
    """How events are read."""

    after: Position = Field(
        None, description="the id of the last event known: what follows is told"
    )
    types: frozenset[str] | None = None
    unnamed: Annotated[bool, BeforeValidator(_flag)] = Field(
        False,
        description="`1`: without `event:` lines, so that onmessage hears all",
        json_schema_extra={"type": "string", "enum": ["0", "1", "true", "false"]},
    )

    @property
    def form(self) -> Form:
        """How frames are told."""
        return Form(self.types, self.unnamed)


class RunReading(Reading, Ticketed):
    """How the events of one run are read."""

    types: Annotated[frozenset[str] | None, _types_among(TYPES)] = Field(
        None,
        description="only these types of events, separated by commas",
        json_schema_extra=_list_of(TYPES),
    )
    limit: WholeNumber = Field(200, ge=1, le=MOST_EVENTS, description="entries a page of JSON")


class FeedReading(Reading):
    """How the events of a workspace are read; without a position, from now on."""

    types: Annotated[frozenset[str] | None, _types_among(LIFECYCLE_TYPES)] = Field(
        None,
        description="only these types of events, separated by commas",
        json_schema_extra=_list_of(LIFECYCLE_TYPES),
    )


class LastEventId(HeaderFields):
    """Where a browser was cut off."""

    last_event_id: Position = Field(
        None, alias="Last-Event-ID", description="as `after`, and before it"
    )


def position(query: Reading, headers: LastEventId) -> int | None:
    """Where to go on; the header, which a browser keeps current, comes first."""
    return query.after if headers.last_event_id is None else headers.last_event_id


async def require_position(log: Log, after: int) -> None:
    """Raises: BadParameter, if the log has not given this sequence yet."""
    last = await log.last_sequence()
    if after > last:
        raise BadParameter(f"expected a position up to the end of the log, {last}; came {after}")
