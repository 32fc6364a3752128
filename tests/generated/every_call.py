"""Every call of the api, by a client generated from its description.

`python every_call.py URL TOKEN` prints as JSON what was asked: [method, path, status] each. It runs
where `generated` is the package that the generator wrote, and is type-checked there.
"""

from __future__ import annotations

import json
import sys
from http import HTTPStatus
from uuid import UUID

import httpx
from fork_calls import call_forks
from generated import AuthenticatedClient
from generated.api.administration import cancel_any_run, list_all_runs, read_system
from generated.api.agents import (
    create_agent,
    delete_agent,
    list_agents,
    read_agent,
    replace_agent,
)
from generated.api.aliases import (
    cancel_execution,
    execution_status,
    list_executions,
    run_pipeline,
    start_execution,
    stop_execution,
    stream_updates,
)
from generated.api.models import list_models
from generated.api.pipelines import (
    create_pipeline,
    delete_pipeline,
    list_pipelines,
    read_pipeline,
    replace_pipeline,
    validate_flow,
)
from generated.api.runs import (
    cancel_run,
    create_run,
    decide,
    list_steps,
    read_blob,
    read_outline,
    read_run,
    read_run_output,
    read_run_usage,
    read_run_waits,
    read_step,
    read_step_output,
    stream_events,
    stream_feed,
)
from generated.api.service import (
    answer_page,
    docs,
    exposition,
    health,
    home,
    openapi,
    readiness,
    serving,
    watch_page,
    who_am_i,
)
from generated.models import (
    Accepted,
    AgentBody,
    AgentBodyEffortType0,
    AgentShape,
    Begun,
    CancelBody,
    Cancelled,
    Decided,
    DecisionBody,
    DecisionBodyDecision,
    ExecutionBegun,
    ExecutionOfPipeline,
    ExecutionOfTemplate,
    ExecutionStatus,
    IdentityShape,
    LargeText,
    ModelList,
    Outline,
    PipelineBody,
    PipelineBodyFlow,
    PipelineRunBody,
    PipelineRunForm,
    PipelineShape,
    RunOfFlow,
    RunOfFlowFlow,
    RunOfPipeline,
    RunShape,
    RunShapeStatus,
    RunUsage,
    RunWaits,
    StepDetail,
    StopBody,
    System,
    ThinkingBudget,
    ValidateBody,
    ValidateBodyFlow,
    Validation,
)
from link_calls import call_a_link
from parked_calls import call_parked_runs
from people_calls import call_people
from pipeline_calls import call_versions
from scale_calls import call_scale

ASKS = {"nodes": [{"id": "fine?", "type": "approval", "data": {"prompt": "Fine?"}}], "edges": []}
PASSES = {"nodes": [{"id": "text", "type": "input", "data": {}}], "edges": []}
LONG = "a long line\n" * 6_000
FEED = "/api/v1/events"
MOST_LOOKS = 5_000
PAGES = (docs, home, watch_page, answer_page)


class Heard(Exception):
    """The head of an answer that has no end: it need not be read."""


class Calls:
    """A client, and what was asked through it."""

    def __init__(self, url: str, token: str) -> None:
        self.told: list[tuple[str, str, int]] = []
        self.client = AuthenticatedClient(
            base_url=url,
            token=token,
            raise_on_unexpected_status=True,
            httpx_args={"event_hooks": {"response": [self._tell]}},
            timeout=httpx.Timeout(60),
        )

    def _tell(self, response: httpx.Response) -> None:
        path = response.request.url.path
        self.told.append((response.request.method, path, response.status_code))
        if path == FEED:
            raise Heard


def call_agents(client: AuthenticatedClient) -> None:
    made = create_agent.sync(client=client, body=AgentBody(name="Poet", tools=["web_search"]))
    assert isinstance(made, AgentShape), made
    read = read_agent.sync_detailed(made.id, client=client)
    assert isinstance(read.parsed, AgentShape)
    assert read.parsed.tools == ["web_search"]
    body = AgentBody(
        name="Other poet",
        max_tokens=3000,
        thinking=ThinkingBudget(budget_tokens=2000),
        effort=AgentBodyEffortType0.LOW,
    )
    etag = read.headers["etag"]
    saved = replace_agent.sync(made.id, client=client, body=body, if_match=etag)
    assert isinstance(saved, AgentShape)
    assert (saved.name, saved.max_tokens) == ("Other poet", 3000)
    assert isinstance(saved.thinking, ThinkingBudget)
    assert saved.thinking.budget_tokens == 2000
    list_agents.sync(client=client, limit=1)
    delete_agent.sync_detailed(made.id, client=client)
    models = list_models.sync(client=client)
    assert isinstance(models, ModelList)
    assert any(each.model == models.default_model for each in models.items)


def call_pipelines(client: AuthenticatedClient) -> UUID:
    """The id of a pipeline that asks a person, and so waits."""
    body = PipelineBody(name="Asks", flow=PipelineBodyFlow.from_dict(ASKS))
    made = create_pipeline.sync(client=client, body=body)
    assert isinstance(made, PipelineShape), made
    assert not made.problems
    read = read_pipeline.sync(made.id, client=client)
    assert isinstance(read, PipelineShape)
    assert read.flow.to_dict() == ASKS
    replace_pipeline.sync(made.id, client=client, body=body)
    list_pipelines.sync(client=client)
    judged = validate_flow.sync(
        client=client, body=ValidateBody(flow=ValidateBodyFlow.from_dict(PASSES))
    )
    assert isinstance(judged, Validation)
    assert judged.order == ["text"]
    other = create_pipeline.sync(client=client, body=body)
    assert isinstance(other, PipelineShape)
    delete_pipeline.sync_detailed(other.id, client=client)
    return UUID(str(made.id))


def call_finished_run(client: AuthenticatedClient) -> None:
    body = RunOfFlow(flow=RunOfFlowFlow.from_dict(PASSES), input_=LONG)
    run = create_run.sync(client=client, body=body, wait=30.0)
    assert isinstance(run, RunShape), run
    assert isinstance(run.input_, LargeText)
    assert read_blob.sync(run.run_id, run.input_.blob, client=client) == LONG
    assert read_run_output.sync(run.run_id, client=client) == LONG
    outline = read_outline.sync(run.run_id, client=client)
    assert isinstance(outline, Outline)
    assert [step.kind for step in outline.steps] == ["input"]
    assert read_run_waits.sync(run.run_id, client=client) == RunWaits(waiting_for=None)
    used = read_run_usage.sync(run.run_id, client=client)
    assert isinstance(used, RunUsage)
    assert (used.cost_usd, used.usage.input_tokens) == ("0.000000", 0)
    part = read_step_output.sync_detailed(run.run_id, 0, client=client, range_="bytes=0-5")
    assert (part.status_code, part.parsed) == (HTTPStatus.PARTIAL_CONTENT, "a long")
    list_steps.sync(run.run_id, client=client, node="text")
    step = read_step.sync(run.run_id, 0, client=client)
    assert isinstance(step, StepDetail)
    assert isinstance(step.output, LargeText)
    events = stream_events.sync(run.run_id, client=client)
    assert "event: run.completed" in str(events)
    updates = stream_updates.sync(run.run_id, client=client)
    assert isinstance(updates, str)
    assert "event: update" in updates


def call_waiting_runs(client: AuthenticatedClient, pipeline: UUID) -> None:
    decided = waiting(client, pipeline)
    answer = decide.sync(
        decided, 0, client=client, body=DecisionBody(decision=DecisionBodyDecision.APPROVE)
    )
    assert isinstance(answer, Decided), answer
    call_a_link(client, waiting(client, pipeline))
    for cancel in (cancel_run, cancel_any_run):
        run = waiting(client, pipeline)
        body = CancelBody(reason="enough")
        stopped = cancel.sync(run, client=client, body=body, wait=30.0)
        assert isinstance(stopped, Cancelled), stopped
    call_forks(client, decided)
    call_scale(client)
    list_all_runs.sync(client=client, limit=5)


def waiting(client: AuthenticatedClient, pipeline: UUID) -> UUID:
    """A new run of the pipeline, once it waits for a person."""
    begun = create_run.sync(client=client, body=RunOfPipeline(pipeline_id=str(pipeline)))
    assert isinstance(begun, Accepted), begun
    begun_id: UUID = begun.run_id
    for _ in range(MOST_LOOKS):
        run = read_run.sync(begun_id, client=client)
        assert isinstance(run, RunShape)
        if run.status is RunShapeStatus.WAITING:
            return begun_id
    raise AssertionError("expected a run that waits for a person")


def call_aliases(client: AuthenticatedClient, pipeline: UUID) -> None:
    for body in (PipelineRunBody(input_="a"), PipelineRunForm(input_="b", variables="{}")):
        begun = run_pipeline.sync(pipeline, client=client, body=body)
        assert isinstance(begun, Begun), begun
    named = ExecutionOfPipeline(pipeline_id=str(pipeline), inputs="c")
    first = start_execution.sync(client=client, body=named)
    assert isinstance(first, ExecutionBegun), first
    read = execution_status.sync(client=client, execution_id=first.execution_id)
    assert isinstance(read, ExecutionStatus)
    assert read.inputs["input"] == "c", read
    stop = StopBody(execution_id=str(first.execution_id))
    stopped = stop_execution.sync(client=client, body=stop)
    assert isinstance(stopped, ExecutionBegun)
    template = ExecutionOfTemplate(workflow_template_id=str(pipeline))
    second = start_execution.sync(client=client, body=template)
    assert isinstance(second, ExecutionBegun), second
    cancel_execution.sync(second.execution_id, client=client)
    list_executions.sync(client=client, limit=5)


def call_service(client: AuthenticatedClient) -> None:
    identity = who_am_i.sync(client=client)
    assert isinstance(identity, IdentityShape)
    assert isinstance(read_system.sync(client=client), System)
    for call in (health, readiness, serving, exposition, openapi, *PAGES):
        call.sync_detailed(client=client)
    try:
        stream_feed.sync(client=client)
    except Heard:
        return
    raise AssertionError("expected a feed without an end")


def main() -> None:
    calls = Calls(*sys.argv[1:])
    call_agents(calls.client)
    pipeline = call_pipelines(calls.client)
    call_versions(calls.client)
    call_finished_run(calls.client)
    call_waiting_runs(calls.client, pipeline)
    call_parked_runs(calls.client)
    call_aliases(calls.client, pipeline)
    call_people(calls.client)
    call_service(calls.client)
    json.dump(calls.told, sys.stdout)


if __name__ == "__main__":
    main()
