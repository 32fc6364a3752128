"""What calls about versions and aliases take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue

from services.api.definitions.models import HAIKU_FLOW, Note
from services.api.http.models import (
    AT,
    LATER,
    VERSION,
    Body,
    FlowJson,
    Name,
    Page,
    Shape,
    page_example,
)
from services.api.tools.models import TOOL_SPEC
from shared.flow import JSON

ALIAS = r"^[a-z][a-z0-9_-]{0,62}$"
MOST_ALIASES = 50
Named = Annotated[str, Field(max_length=200)]

_OTHER = "4c8d1f6e3a5b27f8c9d0e1b2a3f4c5d6e7b8a9f0c1d2e3b4a5f6c7d8e9b0a1f2"
_VERSION: dict[str, JSON] = {
    "version": VERSION,
    "number": 3,
    "name": "Shorter lines",
    "note": "The second line was too long.",
    "made_by": "settings",
    "created_at": AT,
}
_AGENT_VERSION: dict[str, JSON] = {
    key: value for key, value in _VERSION.items() if key != "version"
}
_ALIAS: dict[str, JSON] = {
    "alias": "prod",
    "version": VERSION,
    "number": 3,
    "made_by": "settings",
    "updated_at": LATER,
}
_CHANGE: dict[str, JSON] = {
    "op": "replace",
    "path": "/data/instructions",
    "old": "Write a haiku about the input.",
    "new": "Write a haiku about the input. No title.",
}


class NumberedVersion(Shape):
    """A version by its number, with what people say of it: nothing is null."""

    number: int
    name: str | None
    note: str | None
    made_by: str | None
    created_at: datetime


class VersionShape(NumberedVersion):
    """A version a pipeline has, or had: `version` is its content, `number` counts them.

    Where a content came back, it is there again under another number.
    """

    EXAMPLE: ClassVar[JSON] = _VERSION

    version: str


class VersionPage(Page[VersionShape]):
    """Versions, newest first."""

    EXAMPLE: ClassVar[JSON] = page_example(_VERSION)


class VersionDetail(VersionShape):
    """A version with its flow, as it was drawn when it was first saved."""

    EXAMPLE: ClassVar[JSON] = {**_VERSION, "flow": HAIKU_FLOW}

    flow: FlowJson


class SpecVersion(NumberedVersion):
    """A version with all that was saved of it but its name and its tags."""

    settings: dict[str, JsonValue]


class AgentVersionShape(SpecVersion):
    """A version an agent has, or had, with its settings."""

    EXAMPLE: ClassVar[JSON] = {
        **_AGENT_VERSION,
        "settings": {"instructions": "Write a haiku about the input.", "max_tokens": 4_000},
    }


class AgentVersionPage(Page[AgentVersionShape]):
    """Versions, newest first."""

    EXAMPLE: ClassVar[JSON] = page_example(AgentVersionShape.EXAMPLE)


class ToolVersionShape(SpecVersion):
    """A version a tool has, or had, with its definition but for the name."""

    EXAMPLE: ClassVar[JSON] = {**_AGENT_VERSION, "settings": TOOL_SPEC}


class ToolVersionPage(Page[ToolVersionShape]):
    """Versions, newest first."""

    EXAMPLE: ClassVar[JSON] = page_example(ToolVersionShape.EXAMPLE)


class VersionWords(Body):
    """What people say of a version; an empty text is nothing, what is left out stays."""

    EXAMPLE: ClassVar[JSON] = {"name": "Shorter lines"}

    name: Named | None = None
    note: Note | None = None


class AliasBody(Body):
    """Which version an alias names: a number, or the hash of a content."""

    EXAMPLE: ClassVar[JSON] = {"version": "3"}

    version: Name


class AliasShape(Shape):
    """A name for a version, which may be moved to another; runs can be started by it."""

    EXAMPLE: ClassVar[JSON] = _ALIAS

    alias: str
    version: str
    number: int
    made_by: str
    updated_at: datetime


class AliasList(Page[AliasShape]):
    """All aliases of a pipeline, by their names; there are never more pages."""

    EXAMPLE: ClassVar[JSON] = page_example(_ALIAS)


class Change(Shape):
    """One value that differs; `path` is a JSON Pointer (RFC 6901), what is not there is null."""

    op: Literal["add", "remove", "replace"]
    path: str
    old: JsonValue
    new: JsonValue


class ChangedNode(Shape):
    """A node that is in both versions, with what differs."""

    id: str
    changes: list[Change]


class ChangedNodes(Shape):
    """Nodes by their ids: new ones and lost ones whole, of others what differs."""

    added: list[JsonValue]
    removed: list[JsonValue]
    changed: list[ChangedNode]


class ChangedEdges(Shape):
    """Edges, each whole: another end is another edge."""

    added: list[JsonValue]
    removed: list[JsonValue]


class FlowDiff(Shape):
    """What a run can notice of the way from one version to another.

    `is_reordered` tells that nodes or edges come in another order, which numbers the steps.
    """

    EXAMPLE: ClassVar[JSON] = {
        "old": {"number": 2, "version": _OTHER},
        "new": {"number": 3, "version": VERSION},
        "nodes": {
            "added": [],
            "removed": [],
            "changed": [{"id": "poet", "changes": [_CHANGE]}],
        },
        "edges": {"added": [], "removed": []},
        "is_reordered": False,
    }

    old: DiffEnd
    new: DiffEnd
    nodes: ChangedNodes
    edges: ChangedEdges
    is_reordered: bool


class DiffEnd(Shape):
    """One of the two versions."""

    number: int
    version: str


class SpecDiff(Shape):
    """What differs between two versions, by their numbers."""

    old: int
    new: int
    changes: list[Change]


class AgentDiff(SpecDiff):
    """What differs in the settings of an agent between two versions, by their numbers."""

    EXAMPLE: ClassVar[JSON] = {
        "old": 2,
        "new": 3,
        "changes": [{**_CHANGE, "path": "/instructions"}],
    }


class ToolDiff(SpecDiff):
    """What differs in the definition of a tool between two versions, by their numbers."""

    EXAMPLE: ClassVar[JSON] = {
        "old": 1,
        "new": 2,
        "changes": [{"op": "replace", "path": "/http/timeout_seconds", "old": 30, "new": 60}],
    }
