"""The calls about tools, by the generated Python client."""

from __future__ import annotations

from generated import AuthenticatedClient
from generated.api.tools import (
    call_tool,
    compare_tool_versions,
    create_tool,
    delete_tool,
    list_tool_versions,
    list_tools,
    name_tool_version,
    read_tool,
    replace_tool,
    restore_tool,
    restore_tool_version,
)
from generated.models import (
    HttpToolBody,
    ToolDiff,
    ToolInput,
    ToolOutcome,
    ToolPage,
    ToolShape,
    ToolVersionPage,
    VersionWords,
)

TOOL = {
    "name": "find_item",
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
    },
}


def call_tools(client: AuthenticatedClient) -> None:
    """A tool is made, changed, called with what does not fit it, and goes."""
    made = create_tool.sync(client=client, body=HttpToolBody.from_dict(TOOL))
    assert isinstance(made, ToolShape), made
    other = HttpToolBody.from_dict({**TOOL, "description": "Finds it."})
    assert isinstance(replace_tool.sync(made.id, client=client, body=other), ToolShape)
    read = read_tool.sync(made.id, client=client)
    assert isinstance(read, ToolShape), read
    assert (read.description, read.version_number) == ("Finds it.", 2)
    listed = list_tools.sync(client=client, search="find")
    assert isinstance(listed, ToolPage), listed
    assert [each.id for each in listed.items] == [made.id]
    came = call_tool.sync(made.id, client=client, body=ToolInput.from_dict({"input": {}}))
    assert isinstance(came, ToolOutcome), came
    assert came.outcome == "error"
    versions = list_tool_versions.sync(made.id, client=client)
    assert isinstance(versions, ToolVersionPage), versions
    name_tool_version.sync(made.id, 1, client=client, body=VersionWords(note="finds"))
    diff = compare_tool_versions.sync(made.id, 2, client=client)
    assert isinstance(diff, ToolDiff), diff
    assert [each.path for each in diff.changes] == ["/description"]
    assert isinstance(restore_tool_version.sync(made.id, 1, client=client), ToolShape)
    assert delete_tool.sync_detailed(made.id, client=client).status_code == 204
    assert isinstance(restore_tool.sync(made.id, client=client), ToolShape)
    delete_tool.sync_detailed(made.id, client=client)
