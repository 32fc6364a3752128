"""The calls about many runs at once, by the generated Python client."""

from __future__ import annotations

from generated import AuthenticatedClient
from generated.api.runs import (
    cancel_job,
    cancel_runs,
    create_runs,
    list_jobs,
    list_runs,
    read_job,
    read_usage,
    retry_runs,
)
from generated.models import (
    BatchAnswer,
    BatchBody,
    CancelRunsBody,
    JobFilter,
    JobPage,
    JobShape,
    KeyedRunOfFlow,
    KeyedRunOfFlowFlow,
    KeyedRunOfPipeline,
    ListRunsOrder,
    ListRunsStatusItem,
    Problem,
    ReadUsageGroupByItem,
    RetryFilter,
    RetryRunsBody,
    RunPage,
    UsageReport,
)
from generated.types import Unset

FLOW = {"nodes": [{"id": "ask", "type": "approval", "data": {"prompt": "Fine?"}}], "edges": []}


def call_scale(client: AuthenticatedClient) -> None:
    """Two runs begin by one request, are found by their tag and stopped; what all used is told."""
    flow = KeyedRunOfFlowFlow.from_dict(FLOW)
    entries: list[KeyedRunOfFlow | KeyedRunOfPipeline] = [
        KeyedRunOfFlow(flow=flow, input_=str(n), tags=["batch"]) for n in range(2)
    ]
    answer = create_runs.sync(client=client, body=BatchBody(runs=entries))
    assert isinstance(answer, BatchAnswer), answer
    assert (answer.accepted, answer.refused) == (2, 0)
    found = list_runs.sync(
        client=client,
        status=[ListRunsStatusItem.WAITING, ListRunsStatusItem.PENDING],
        tags=["batch"],
        order=ListRunsOrder.OLDEST,
    )
    assert isinstance(found, RunPage), found
    assert not isinstance(found.next_cursor, Unset)
    stopped = cancel_runs.sync(
        client=client, body=CancelRunsBody(filter_=JobFilter(tags=["batch"]))
    )
    assert isinstance(stopped, JobShape), stopped
    assert isinstance(read_job.sync(stopped.id, client=client), JobShape)
    again = retry_runs.sync(client=client, body=RetryRunsBody(filter_=RetryFilter(tags=["none"])))
    assert isinstance(again, JobShape), again
    assert isinstance(cancel_job.sync(again.id, client=client), JobShape | Problem)
    assert isinstance(list_jobs.sync(client=client), JobPage)
    by = [ReadUsageGroupByItem.DAY, ReadUsageGroupByItem.MODEL]
    report = read_usage.sync(client=client, group_by=by)
    assert isinstance(report, UsageReport), report
    assert report.left_out == 0
