"""What callers may say in queries and headers, described once for all calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from services.api.definitions.handlers import MOST_ROWS
from services.api.http.call import Parameter, Schema
from services.api.http.pages import CURSOR as PATTERN
from services.api.live.frames import LIFECYCLE_TYPES, TYPES
from services.api.runs.claims import LONGEST_KEY
from services.api.runs.create import LONGEST_WAIT_SECONDS
from shared.flow import JSON
from shared.run import RunStatus


def _types(known: frozenset[str]) -> Schema:
    return {"type": "array", "items": {"type": "string", "enum": list[JSON](sorted(known))}}


UUID: Schema = {"type": "string", "format": "uuid"}
TEXT: Schema = {"type": "string"}

CURSOR = Parameter("cursor", "`next_cursor` of the page before", {**TEXT, "pattern": PATTERN})
LIMIT = Parameter(
    "limit",
    "rows a page",
    {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": 50},
)
MANY = Parameter(
    "limit",
    "entries a page",
    {"type": "integer", "minimum": 1, "maximum": 1000, "default": 200},
)
FROM_STEP = Parameter(
    "cursor",
    "`next_cursor` of the page before: the number of a step",
    {"type": "integer", "minimum": 0, "maximum": 1_000_000},
)
STATUS = Parameter(
    "status",
    "only runs of this status",
    {"type": "string", "enum": list[JSON](get_args(RunStatus))},
)
WORKSPACE = Parameter("workspace", "only runs of this workspace", TEXT)
PIPELINE_ID = Parameter("pipeline_id", "only runs of this pipeline", UUID)
CREATED_AFTER = Parameter(
    "created_after",
    "only runs created after this time (RFC 3339, with its zone)",
    {"type": "string", "format": "date-time"},
)
NODE = Parameter("node", "only the step of this node", TEXT)
WAIT = Parameter(
    "wait",
    "hold the answer until the run has ended, for so many seconds at most",
    {"type": "number", "minimum": 0, "maximum": LONGEST_WAIT_SECONDS},
)
POSITION: Schema = {"type": "integer", "minimum": 0}
AFTER = Parameter("after", "the id of the last event known: what follows is told", POSITION)
LAST_EVENT_ID = Parameter("Last-Event-ID", "as `after`, and before it", POSITION, "header")
EVENT_TYPES = Parameter(
    "types",
    "only these types of events, separated by commas",
    _types(TYPES),
)
FEED_AFTER = Parameter(
    "after", "the id of the last event known: what follows is told; without, what is new", POSITION
)
FEED_TYPES = Parameter("types", EVENT_TYPES.words, _types(LIFECYCLE_TYPES))
UNNAMED = Parameter(
    "unnamed",
    "`1`: without `event:` lines, so that onmessage hears all",
    {"type": "string", "enum": ["0", "1", "true", "false"]},
)
TICKET = Parameter("ticket", "in place of a token, as `events_url` carries it", TEXT)
EXECUTION_ID = Parameter("execution_id", "the execution", UUID, required=True)

IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key",
    "the same key and body give the same run for 24 hours; with another body 409",
    {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    "header",
)
IF_MATCH = Parameter("If-Match", "the `ETag` of what is to be replaced; else 412", TEXT, "header")
RANGE = Parameter("Range", "`bytes=0-999`, `bytes=1000-`, `bytes=-500`", TEXT, "header")

PAGE = (CURSOR, LIMIT)
IN_PATH: Mapping[str, Schema] = {
    "n": {"type": "integer", "minimum": 0},
    "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
}
