"""A pipeline with its agents as one document, and what an import answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, TypeAlias
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from services.api.definitions.models import (
    AgentSettings,
    PipelineShape,
    Tags,
)
from services.api.http.models import AGENT_ID, Body, FlowJson, Name, Shape, Title
from shared.flow import JSON
from shared.tools import HttpTool, McpTool, NamedTool, NatsTool
from shared.tools.checked import of_kind

FORMAT, WITH_TOOLS = 1, 2
"""A document with tools is of a later format, which those who do not know of them refuse."""
KIND = "pipeline"
MOST_AGENTS = 500
MOST_TOOLS = 500
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


class ExportedHttpTool(HttpTool):
    """A tool that a worker calls by HTTP; agents and nodes of the document name it by its name."""

    tags: Tags = Field(default=[])


class ExportedMcpTool(McpTool):
    """Some tools of an MCP server, as they were listed when it was saved."""

    tags: Tags = Field(default=[])


class ExportedNatsTool(NatsTool):
    """A tool that programs answer, as requests on NATS."""

    tags: Tags = Field(default=[])


Exportable: TypeAlias = ExportedHttpTool | ExportedMcpTool | ExportedNatsTool
TOOLS: Mapping[str, type[Exportable]] = {
    "http": ExportedHttpTool,
    "mcp": ExportedMcpTool,
    "nats": ExportedNatsTool,
}


def _of_its_kind(value: object, _: ValidatorFunctionWrapHandler) -> NamedTool:
    return value if isinstance(value, NamedTool) else of_kind(TOOLS, value)


ExportedTool = Annotated[Exportable, WrapValidator(_of_its_kind)]


class Exported(Body):
    """A pipeline with the agents and tools it uses. It has no secret, no person and no time in it.

    `format` is 2 where there are `tools`, else 1; `kind` is `pipeline`.
    """

    EXAMPLE: ClassVar[JSON] = _DOCUMENT

    format: int
    kind: str
    name: Name
    tags: Tags = Field(default=[])
    flow: FlowJson
    agents: list[ExportedAgent] = Field(default=[], max_length=MOST_AGENTS)
    tools: list[ExportedTool] = Field(default=[], max_length=MOST_TOOLS)


class ImportedAgent(Shape):
    """What became of an agent of the document: it was made, or one like it was here."""

    exported_id: str
    id: UUID
    name: str
    outcome: Outcome


class ImportedTool(Shape):
    """What became of a tool of the document: it was made, or the same was here."""

    id: UUID
    name: str
    outcome: Outcome


class Imported(Shape):
    """The new pipeline, and the agents and tools it uses now."""

    EXAMPLE: ClassVar[JSON] = {
        "pipeline": PipelineShape.EXAMPLE,
        "agents": [{"exported_id": AGENT_ID, "id": AGENT_ID, "name": "Poet", "outcome": "made"}],
        "tools": [],
    }

    pipeline: PipelineShape
    agents: list[ImportedAgent]
    tools: list[ImportedTool]


class DuplicateBody(Body):
    """What the duplicate is called; else as the original, with `(copy)` behind."""

    EXAMPLE: ClassVar[JSON] = {"name": "Haiku, second try"}

    name: Title | None = None
