"""What calls about tools take and answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, TypeAlias
from uuid import UUID

from pydantic import (
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    RootModel,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import CoreSchema

from services.api.definitions.models import Note, Tags
from services.api.http.models import AT, TOOL_ID, Page, Shape, page_example
from shared.flow import JSON
from shared.tools import HttpCall, HttpTool, ListedTool, McpTool, NatsCall, NatsTool, Policy
from shared.tools.checked import of_kind
from shared.tools.mcp_tool import McpServer
from shared.tools.named_tool import NamedTool

TOOL_SPEC: dict[str, JSON] = {
    "description": "Finds an item by its id.",
    "kind": "http",
    "input_schema": {
        "type": "object",
        "properties": {"id": {"type": "string"}},
        "required": ["id"],
    },
    "http": {
        "method": "GET",
        "url": "https://api.example.com/items/{{id}}",
        "headers": {"Authorization": {"secret": "ITEMS_KEY", "prefix": "Bearer "}},
        "result_path": "/data/item",
    },
}
_TOOL: dict[str, JSON] = {"name": "find_item", **TOOL_SPEC}
_MADE: dict[str, JSON] = {
    **_TOOL,
    "tags": ["items"],
    "id": TOOL_ID,
    "version_number": 1,
    "created_at": AT,
    "updated_at": AT,
    "deleted_at": None,
}


class HttpToolBody(HttpTool):
    """A tool that a worker calls by HTTP.

    Tags that are left out stay as they are; `note` says what changed, and is kept with the version.
    """

    tags: Tags | None = None
    note: Note | None = None


class McpToolBody(McpTool):
    """Some tools of an MCP server.

    `listed` is what the server lists for them, which is asked when the tool is saved. Tags that are
    left out stay as they are; `note` says what changed, and is kept with the version.
    """

    tags: Tags | None = None
    note: Note | None = None


class NatsToolBody(NatsTool):
    """A tool that programs of yours answer, as requests on NATS.

    Tags that are left out stay as they are; `note` says what changed, and is kept with the version.
    """

    tags: Tags | None = None
    note: Note | None = None


Bodies: TypeAlias = HttpToolBody | McpToolBody | NatsToolBody
BODIES: Mapping[str, type[Bodies]] = {
    "http": HttpToolBody,
    "mcp": McpToolBody,
    "nats": NatsToolBody,
}


def _of_its_kind(value: object, _: ValidatorFunctionWrapHandler) -> NamedTool:
    return of_kind(BODIES, value)


class ToolBody(RootModel[Annotated[Bodies, WrapValidator(_of_its_kind)]]):
    """A tool, as its `kind` has it.

    A problem is told by its place in the body alone; described is one body for each kind.
    """

    EXAMPLE: ClassVar[JSON] = _TOOL

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        found = {kind: handler(each.__pydantic_core_schema__) for kind, each in BODIES.items()}
        mapping = {kind: each["$ref"] for kind, each in found.items()}
        told = {"propertyName": "kind", "mapping": mapping}
        return {"oneOf": [*found.values()], "discriminator": told}


class ToolShape(Shape):
    """A tool; what was not set is left out. `version_number` counts its versions.

    `kind` says which of the members that are called like a kind it has.
    """

    EXAMPLE: ClassVar[JSON] = _MADE
    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    id: UUID
    name: str
    description: str
    kind: Literal["http", "mcp", "nats"]
    input_schema: dict[str, JsonValue] = Field(default={})
    http: HttpCall | None = None
    mcp: McpServer | None = None
    nats: NatsCall | None = None
    listed: list[ListedTool] = Field(default=[])
    policy: Policy = Policy()
    tags: list[str]
    version_number: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class ToolPage(Page[ToolShape]):
    """Tools, newest first."""

    EXAMPLE: ClassVar[JSON] = page_example(_MADE)
