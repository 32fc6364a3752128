"""The calls about versions, aliases and documents of pipelines, by the generated Python client."""

from __future__ import annotations

from generated import AuthenticatedClient
from generated.api.agents import (
    compare_agent_versions,
    create_agent,
    delete_agent,
    list_agent_versions,
    name_agent_version,
    replace_agent,
    restore_agent,
    restore_agent_version,
)
from generated.api.pipelines import (
    compare_versions,
    create_pipeline,
    delete_pipeline,
    duplicate_pipeline,
    export_pipeline,
    import_pipeline,
    list_aliases,
    list_pipelines,
    list_versions,
    name_version,
    read_version,
    remove_alias,
    replace_pipeline,
    restore_pipeline,
    restore_version,
    set_alias,
)
from generated.models import (
    AgentBody,
    AgentDiff,
    AgentShape,
    AgentVersionPage,
    AliasBody,
    AliasList,
    AliasShape,
    DuplicateBody,
    Exported,
    FlowDiff,
    Imported,
    PipelineBody,
    PipelineBodyFlow,
    PipelinePage,
    PipelineShape,
    VersionDetail,
    VersionPage,
    VersionWords,
)
from tool_calls import call_tools

ASKS = {"nodes": [{"id": "fine?", "type": "approval", "data": {"prompt": "Fine?"}}], "edges": []}
ASKS_MORE = {"nodes": [*ASKS["nodes"], {"id": "text", "type": "input", "data": {}}], "edges": []}


def call_versions(client: AuthenticatedClient) -> None:
    """A pipeline has two versions, an alias, a way elsewhere and one back."""
    first = PipelineBody(name="Versions", flow=PipelineBodyFlow.from_dict(ASKS), tags=["one"])
    made = create_pipeline.sync(client=client, body=first)
    assert isinstance(made, PipelineShape), made
    second = PipelineBody(
        name="Versions", flow=PipelineBodyFlow.from_dict(ASKS_MORE), note="takes a text"
    )
    replace_pipeline.sync(made.id, client=client, body=second)
    found = list_pipelines.sync(client=client, tags=["one"], search="vers")
    assert isinstance(found, PipelinePage), found
    assert [each.version_number for each in found.items] == [2]
    listed = list_versions.sync(made.id, client=client)
    assert isinstance(listed, VersionPage), listed
    assert [each.note for each in listed.items] == ["takes a text", None]
    read = read_version.sync(made.id, "1", client=client)
    assert isinstance(read, VersionDetail), read
    assert read.flow.to_dict() == ASKS
    name_version.sync(made.id, "1", client=client, body=VersionWords(name="the first"))
    diff = compare_versions.sync(made.id, "2", client=client)
    assert isinstance(diff, FlowDiff), diff
    assert len(diff.nodes.added) == 1
    alias = set_alias.sync(made.id, "prod", client=client, body=AliasBody(version="1"))
    assert isinstance(alias, AliasShape), alias
    aliases = list_aliases.sync(made.id, client=client)
    assert isinstance(aliases, AliasList), aliases
    assert [each.number for each in aliases.items] == [1]
    remove_alias.sync_detailed(made.id, "prod", client=client)
    restored = restore_version.sync(made.id, "1", client=client)
    assert isinstance(restored, PipelineShape), restored
    assert restored.version_number == 3
    delete_pipeline.sync_detailed(made.id, client=client)
    assert isinstance(restore_pipeline.sync(made.id, client=client), PipelineShape)
    call_documents(client, made)
    call_agent_versions(client)
    call_tools(client)


def call_documents(client: AuthenticatedClient, made: PipelineShape) -> None:
    body = DuplicateBody(name="Another")
    assert isinstance(duplicate_pipeline.sync(made.id, client=client, body=body), PipelineShape)
    document = export_pipeline.sync(made.id, client=client)
    assert isinstance(document, Exported), document
    imported = import_pipeline.sync(client=client, body=document, name="Elsewhere")
    assert isinstance(imported, Imported), imported
    assert imported.pipeline.name == "Elsewhere"


def call_agent_versions(client: AuthenticatedClient) -> None:
    made = create_agent.sync(client=client, body=AgentBody(name="Poet", instructions="Write."))
    assert isinstance(made, AgentShape), made
    replace_agent.sync(made.id, client=client, body=AgentBody(name="Poet", instructions="Sing."))
    found = list_agent_versions.sync(made.id, client=client)
    assert isinstance(found, AgentVersionPage), found
    assert [each.number for each in found.items] == [2, 1]
    name_agent_version.sync(made.id, 1, client=client, body=VersionWords(note="writes"))
    diff = compare_agent_versions.sync(made.id, 2, client=client)
    assert isinstance(diff, AgentDiff), diff
    assert [each.path for each in diff.changes] == ["/instructions"]
    assert isinstance(restore_agent_version.sync(made.id, 1, client=client), AgentShape)
    delete_agent.sync_detailed(made.id, client=client)
    assert isinstance(restore_agent.sync(made.id, client=client), AgentShape)
