"""The Python client of Penstock: start runs of agent pipelines and follow every token.

async with Penstock("http://127.0.0.1:8080", token) as penstock:
    run = await penstock.runs.create(flow=flow, input="Hello")
    async for event in penstock.follow(run.run_id):
        ...
"""

from penstock_client.agents import Agent
from penstock_client.batches import Batch, Batched
from penstock_client.call_view import CallView
from penstock_client.citation_view import CitationView
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
from penstock_client.exchange import Imported, ImportedAgent, ImportedTool
from penstock_client.follow import Patience
from penstock_client.forks import Forked, ForkPlan, NodeRef
from penstock_client.jobs import Job
from penstock_client.keys import ProviderKey, Rotation, Secret
from penstock_client.limits import Limits, SetLimits
from penstock_client.models import Model, Models
from penstock_client.parked import Ended, Look, ParkedBy, ParkedList, ParkedRun, Released
from penstock_client.results import Blob, Pipeline, System
from penstock_client.run_filter import RunFilter
from penstock_client.run_results import (
    Accepted,
    Approval,
    Cancelling,
    Decided,
    ForkedFrom,
    Run,
    Step,
    StepReceipt,
)
from penstock_client.runs import BatchFields
from penstock_client.step_view import FailedAttempt, StepView
from penstock_client.tokens import MadeToken, Token, TokenRole
from penstock_client.tool_calls import ToolCall, ToolError
from penstock_client.tool_server import ToolBounds, serve_tool
from penstock_client.tools import Tool, ToolFault, ToolOutcome
from penstock_client.users import AccountLink, MadeUser, Person, Place, User, Who
from penstock_client.versions import (
    AgentDiff,
    AgentVersion,
    Alias,
    Change,
    ChangedNode,
    FlowDiff,
    ToolDiff,
    ToolVersion,
    Version,
)
from penstock_client.view import RunView, fold
from penstock_client.waits import RunWaits, WaitingFor
from penstock_client.workspaces import Invite, MadeInvite, Member, Workspace

__all__ = [
    "Accepted",
    "AccountLink",
    "Agent",
    "AgentDiff",
    "AgentVersion",
    "Alias",
    "Approval",
    "Batch",
    "BatchFields",
    "Batched",
    "Blob",
    "CallView",
    "Cancelling",
    "Change",
    "ChangedNode",
    "CitationView",
    "ConflictError",
    "ContractError",
    "Decided",
    "Ended",
    "Event",
    "FailedAttempt",
    "FlowDiff",
    "ForkPlan",
    "Forked",
    "ForkedFrom",
    "Imported",
    "ImportedAgent",
    "ImportedTool",
    "Invite",
    "Job",
    "Limits",
    "Look",
    "MadeInvite",
    "MadeToken",
    "MadeUser",
    "Member",
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
    "Person",
    "Pipeline",
    "Place",
    "Problem",
    "ProviderKey",
    "RejectedError",
    "Released",
    "Rotation",
    "Run",
    "RunFilter",
    "RunView",
    "RunWaits",
    "Secret",
    "SetLimits",
    "Step",
    "StepReceipt",
    "StepView",
    "System",
    "Token",
    "TokenRole",
    "Tool",
    "ToolBounds",
    "ToolCall",
    "ToolDiff",
    "ToolError",
    "ToolFault",
    "ToolOutcome",
    "ToolVersion",
    "UnauthorizedError",
    "UnavailableError",
    "User",
    "Version",
    "WaitingFor",
    "Who",
    "Workspace",
    "fold",
    "serve_tool",
]
