"""A pipeline with its agents as one document, and what an import answers."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.api.definitions.models import (
    AgentSettings,
    PipelineShape,
    Tags,
)
from services.api.http.models import AGENT_ID, Body, FlowJson, Name, Shape
from shared.flow import JSON

FORMAT = 1
KIND = "pipeline"
MOST_AGENTS = 500
Outcome = Literal["made", "found"]

_FLOW: JSON = {
    "nodes": [
        {"id": "topic", "type": "input", "data": {}},
        {"id": "poet", "type": "agent", "data": {"agent_id": AGENT_ID}},
    ],
    "edges": [{"source": "topic", "target": "poet"}],
}
_DOCUMENT: dict[str, JSON] = {
    "format": FORMAT,
    "kind": KIND,
    "name": "Haiku",
    "tags": ["poetry"],
    "flow": _FLOW,
    "agents": [
        {
            "id": AGENT_ID,
            "name": "Poet",
            "instructions": "Write a haiku about the input.",
            "tags": [],
        }
    ],
}


class Marked(BaseModel):
    """What is read of a document first: whether it can be read at all."""

    model_config = ConfigDict(extra="ignore")

    format: int
    kind: str


class ExportedAgent(AgentSettings):
    """An agent; `id` is what nodes of the flow name it by, and is another one once imported."""

    id: Name
    tags: Tags = Field(default=[])


class Exported(Body):
    """A pipeline with the agents it uses. It has no secret, no person and no time in it.

    `format` is 1, `kind` is `pipeline`.
    """

    EXAMPLE: ClassVar[JSON] = _DOCUMENT

    format: int
    kind: str
    name: Name
    tags: Tags = Field(default=[])
    flow: FlowJson
    agents: list[ExportedAgent] = Field(default=[], max_length=MOST_AGENTS)


class ImportedAgent(Shape):
    """What became of an agent of the document: it was made, or one like it was here."""

    exported_id: str
    id: UUID
    name: str
    outcome: Outcome


class Imported(Shape):
    """The new pipeline, and the agents it uses now."""

    EXAMPLE: ClassVar[JSON] = {
        "pipeline": PipelineShape.EXAMPLE,
        "agents": [{"exported_id": AGENT_ID, "id": AGENT_ID, "name": "Poet", "outcome": "made"}],
    }

    pipeline: PipelineShape
    agents: list[ImportedAgent]


class DuplicateBody(Body):
    """What the duplicate is called; else as the original, with `(copy)` behind."""

    EXAMPLE: ClassVar[JSON] = {"name": "Haiku, second try"}

    name: Name | None = None
