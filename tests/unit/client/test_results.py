"""The client's results are what the api says it answers: the same members, of the same kinds."""

from typing import Any

import pytest
from penstock_client import (
    agents,
    batches,
    exchange,
    forks,
    jobs,
    keys,
    limits,
    models,
    parked,
    results,
    run_results,
    tokens,
    tools,
    usage,
    users,
    versions,
    waits,
    workspaces,
)
from pydantic import BaseModel

from services.api.admin import models as admin
from services.api.admin import parked_models
from services.api.definitions import models as definitions
from services.api.exchange import models as exchange_models
from services.api.http import models as http
from services.api.jobs import models as job_models
from services.api.keys import catalogue
from services.api.keys import models as key_models
from services.api.people import limit_models, member_models, user_models
from services.api.people import models as people
from services.api.runs import (
    batch,
    cancel,
    decide,
    fork_models,
    step_models,
    usage_report,
    wait_model,
)
from services.api.runs import models as runs
from services.api.tools import errands as tool_errands
from services.api.tools import models as tool_models
from services.api.versions import models as version_models

ANSWERS: dict[type[BaseModel], type[BaseModel]] = {
    results.Blob: http.LargeText,
    results.Problem: http.FlowProblem,
    agents.Agent: definitions.AgentShape,
    results.Pipeline: definitions.PipelineShape,
    results.Validation: definitions.Validation,
    models.Models: catalogue.ModelList,
    models.Model: catalogue.ModelShape,
    models.Thinking: catalogue.ThinkingShape,
    models.Prices: catalogue.PricesShape,
    models.Tier: catalogue.TierShape,
    run_results.Accepted: runs.Accepted,
    batches.Batch: batch.BatchAnswer,
    batches.Batched: batch.BatchAnswered,
    run_results.Run: runs.RunShape,
    run_results.Step: step_models.StepWithOutput,
    run_results.Approval: step_models.ApprovalShape,
    run_results.Receipt: step_models.ReceiptShape,
    run_results.StepReceipt: step_models.StepReceipt,
    run_results.ForkedFrom: runs.ForkedFrom,
    waits.WaitingFor: wait_model.WaitingFor,
    waits.RunWaits: wait_model.RunWaits,
    forks.NodeRef: step_models.NodeRef,
    forks.ForkPlan: fork_models.ForkPlan,
    forks.Forked: fork_models.ForkAccepted,
    run_results.Cancelling: cancel.Cancelled,
    run_results.Decided: decide.Decided,
    results.Queue: admin.QueueShape,
    results.Slots: admin.Slots,
    results.Worker: admin.WorkerShape,
    results.Partition: admin.PartitionShape,
    results.Store: admin.StoreShape,
    results.System: admin.System,
    parked.ParkedBy: parked_models.ParkedBy,
    parked.ParkedRun: parked_models.ParkedRunShape,
    parked.ParkedList: parked_models.ParkedList,
    parked.Look: parked_models.LookShape,
    parked.Released: parked_models.ReleaseAnswer,
    parked.Ended: parked_models.EndAnswer,
    jobs.Job: job_models.JobShape,
    tokens.Token: people.TokenShape,
    tokens.MadeToken: people.MadeToken,
    usage.UsageItem: usage_report.UsageItem,
    usage.UsageReport: usage_report.UsageReport,
    limits.Used: limit_models.Used,
    limits.ThisMonth: limit_models.ThisMonth,
    limits.SetLimits: limit_models.WorkspaceLimits,
    limits.Limits: limit_models.LimitsAndUse,
    keys.ProviderKey: key_models.ProviderKeyShape,
    keys.Secret: key_models.SecretShape,
    keys.Rotation: key_models.Rotation,
    versions.Version: version_models.VersionDetail,
    versions.AgentVersion: version_models.AgentVersionShape,
    versions.ToolVersion: version_models.ToolVersionShape,
    versions.ToolDiff: version_models.ToolDiff,
    tools.Tool: tool_models.ToolShape,
    tools.ToolFault: tool_errands.OutcomeFault,
    tools.ToolOutcome: tool_errands.ToolOutcome,
    versions.Alias: version_models.AliasShape,
    versions.Change: version_models.Change,
    versions.ChangedNode: version_models.ChangedNode,
    versions.ChangedNodes: version_models.ChangedNodes,
    versions.ChangedEdges: version_models.ChangedEdges,
    versions.DiffEnd: version_models.DiffEnd,
    versions.FlowDiff: version_models.FlowDiff,
    versions.AgentDiff: version_models.AgentDiff,
    exchange.ImportedAgent: exchange_models.ImportedAgent,
    exchange.ImportedTool: exchange_models.ImportedTool,
    exchange.Imported: exchange_models.Imported,
    users.Person: user_models.PersonShape,
    users.Place: user_models.PlaceShape,
    users.Who: user_models.IdentityShape,
    users.User: user_models.UserShape,
    users.MadeUser: user_models.MadeUser,
    users.AccountLink: user_models.AccountLink,
    workspaces.Workspace: people.WorkspaceShape,
    workspaces.Member: member_models.MemberShape,
    workspaces.Invite: member_models.InviteShape,
    workspaces.MadeInvite: member_models.MadeInvite,
}
NOT_ANSWERED = {results.Result, results.Page, run_results.WithOutput}
# The same class reads what lists say of a pipeline and of a run, which is less and more.
ONLY_IN_LISTS: dict[type[BaseModel], set[str]] = {
    run_results.Run: {"input_preview", "input_size_bytes"}
}


def test_every_result_is_held_against_an_answer() -> None:
    told = (results, run_results, batches, models, parked, forks, tokens, keys, jobs, usage, limits)
    rooms = (*told, agents, tools, versions, exchange, users, workspaces)
    every = {each for room in rooms for each in vars(room).values() if isinstance(each, type)}
    of_waits: set[type[BaseModel]] = {waits.WaitingFor, waits.RunWaits}
    ours = of_waits | {each for each in every if issubclass(each, results.Result)}
    assert ours - NOT_ANSWERED == ANSWERS.keys()


@pytest.mark.parametrize("result", ANSWERS, ids=lambda each: each.__name__)
def test_a_result_has_the_members_of_its_answer(result: type[BaseModel]) -> None:
    told, read = members(ANSWERS[result], "serialization"), members(result, "validation")
    assert set(told) == set(read) - ONLY_IN_LISTS.get(result, set())
    assert {name: read[name] for name in told} == told


@pytest.mark.parametrize("result", ANSWERS, ids=lambda each: each.__name__)
def test_a_result_takes_the_example_of_its_answer(result: type[BaseModel]) -> None:
    example = vars(ANSWERS[result]).get("EXAMPLE")
    if example is not None:
        read = result.model_validate(example)
        assert not read.model_extra, "the api answers what the client has no name for"


def members(model: type[BaseModel], mode: Any) -> dict[str, set[str]]:
    """The kinds of JSON that each member may be."""
    schema = model.model_json_schema(mode=mode)
    return {
        name: kinds(member, schema.get("$defs", {}))
        for name, member in schema.get("properties", {}).items()
    }


def kinds(schema: dict[str, Any], known: dict[str, Any]) -> set[str]:
    if "$ref" in schema:
        return kinds(known[schema["$ref"].rpartition("/")[2]], known)
    if "anyOf" in schema:
        return set().union(*(kinds(each, known) for each in schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return {"string"}
    kind = schema.get("type", "anything")
    return {"number"} if kind == "integer" else {kind}
