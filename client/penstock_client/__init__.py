"""The Python client of Penstock: start runs of agent pipelines and follow every token.

async with Penstock("http://127.0.0.1:8080", token) as penstock:
    run = await penstock.runs.create(flow=flow, input="Hello")
    async for event in penstock.follow(run.run_id):
        ...
"""

from penstock_client.client import Penstock
from penstock_client.errors import (
    ConflictError,
    ContractError,
    NotFoundError,
    PenstockError,
    Problem,
    RejectedError,
    UnauthorizedError,
    UnavailableError,
)
from penstock_client.event import Event
from penstock_client.follow import Patience
from penstock_client.forks import Forked, ForkPlan, NodeRef
from penstock_client.models import Model, Models
from penstock_client.parked import Ended, Look, ParkedBy, ParkedList, ParkedRun, Released
from penstock_client.results import (
    Accepted,
    Agent,
    Approval,
    Blob,
    Cancelling,
    Decided,
    ForkedFrom,
    Pipeline,
    Run,
    Step,
    StepReceipt,
    System,
)
from penstock_client.view import RunView, StepView, fold

__all__ = [
    "Accepted",
    "Agent",
    "Approval",
    "Blob",
    "Cancelling",
    "ConflictError",
    "ContractError",
    "Decided",
    "Ended",
    "Event",
    "ForkPlan",
    "Forked",
    "ForkedFrom",
    "Look",
    "Model",
    "Models",
    "NodeRef",
    "NotFoundError",
    "ParkedBy",
    "ParkedList",
    "ParkedRun",
    "Patience",
    "Penstock",
    "PenstockError",
    "Pipeline",
    "Problem",
    "RejectedError",
    "Released",
    "Run",
    "RunView",
    "Step",
    "StepReceipt",
    "StepView",
    "System",
    "UnauthorizedError",
    "UnavailableError",
    "fold",
]
