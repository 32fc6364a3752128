"""The calls that delete runs and workspaces, by the generated Python client."""

from __future__ import annotations

from generated import AuthenticatedClient
from generated.api.people import delete_workspace, read_retention, write_retention
from generated.api.runs import delete_run, list_runs
from generated.models import (
    Deleting,
    ListRunsStatusItem,
    Retention,
    RetentionBody,
    RunPage,
    WorkspaceDeleting,
)


def call_deletions(client: AuthenticatedClient) -> None:
    """Deletes a run that is over, and a workspace that nobody uses."""
    runs = list_runs.sync(client=client, status=[ListRunsStatusItem.COMPLETED])
    assert isinstance(runs, RunPage), runs
    deleted = delete_run.sync(runs.items[0].run_id, client=client)
    assert isinstance(deleted, Deleting), deleted
    kept = write_retention.sync("acme", client=client, body=RetentionBody(days=90))
    assert isinstance(kept, Retention), kept
    assert read_retention.sync("acme", client=client) == kept
    deleting = delete_workspace.sync("acme", client=client)
    assert isinstance(deleting, WorkspaceDeleting), deleting
    assert deleting.slug == "acme"
