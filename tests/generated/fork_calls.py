"""The calls that fork runs, and tell what they run: a part of `every_call`."""

from __future__ import annotations

from uuid import UUID

from generated import AuthenticatedClient
from generated.api.runs import cancel_run, fork_run, list_forks, read_run_flow, retry_run
from generated.models import CancelBody, ForkAccepted, ForkBody, ForkPlan, RunFlow, RunPage


def call_forks(client: AuthenticatedClient, waited: UUID) -> None:
    """Of a run that was approved, and of one that was cancelled."""
    planned = fork_run.sync(waited, client=client, body=ForkBody(from_steps=[0]), dry_run=True)
    assert isinstance(planned, ForkPlan), planned
    forked = fork_run.sync(waited, client=client, body=ForkBody(from_steps=["fine?"]))
    assert isinstance(forked, ForkAccepted), forked
    cancel_run.sync(forked.run_id, client=client, body=CancelBody(reason="enough"), wait=30.0)
    again = retry_run.sync(forked.run_id, client=client)
    assert isinstance(again, ForkAccepted), again
    listed = list_forks.sync(forked.run_id, client=client)
    assert isinstance(listed, RunPage), listed
    flow = read_run_flow.sync(forked.run_id, client=client)
    assert isinstance(flow, RunFlow), flow
    assert flow.run_id == forked.run_id
