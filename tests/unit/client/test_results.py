"""The client's results are what the api says it answers: the same members, of the same kinds."""

from typing import Any

import pytest
from penstock_client import forks, models, parked, results
from pydantic import BaseModel

from services.api.admin import models as admin
from services.api.admin import parked_models
from services.api.definitions import catalogue
from services.api.definitions import models as definitions
from services.api.http import models as http
from services.api.runs import cancel, decide, fork_models, step_models
from services.api.runs import models as runs

ANSWERS: dict[type[BaseModel], type[BaseModel]] = {
    results.Blob: http.LargeText,
    results.Problem: http.FlowProblem,
    results.Agent: definitions.AgentShape,
    results.Pipeline: definitions.PipelineShape,
    results.Validation: definitions.Validation,
    models.Models: catalogue.ModelList,
    models.Model: catalogue.ModelShape,
    models.Thinking: catalogue.ThinkingShape,
    models.Prices: catalogue.PricesShape,
    models.Tier: catalogue.TierShape,
    results.Accepted: runs.Accepted,
    results.Run: runs.RunShape,
    results.Step: step_models.StepWithOutput,
    results.Approval: step_models.ApprovalShape,
    results.Receipt: step_models.ReceiptShape,
    results.StepReceipt: step_models.StepReceipt,
    results.ForkedFrom: runs.ForkedFrom,
    forks.NodeRef: step_models.NodeRef,
    forks.ForkPlan: fork_models.ForkPlan,
    forks.Forked: fork_models.ForkAccepted,
    results.Cancelling: cancel.Cancelled,
    results.Decided: decide.Decided,
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
}
NOT_ANSWERED = {results.Result, results.Page}
# The same class reads what lists say of a pipeline and of a run, which is less and more.
ONLY_IN_LISTS: dict[type[BaseModel], set[str]] = {
    results.Run: {"input_preview", "input_size_bytes"}
}


def test_every_result_is_held_against_an_answer() -> None:
    names = {**vars(results), **vars(models), **vars(parked), **vars(forks)}
    every = {each for each in names.values() if isinstance(each, type)}
    ours = {each for each in every if issubclass(each, results.Result)}
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
