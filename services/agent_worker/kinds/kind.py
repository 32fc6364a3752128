"""What a kind of step is given, and what it answers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from services.agent_worker.checkers import Checkers
from services.agent_worker.context import Context
from services.agent_worker.evaluators import Evaluators
from services.agent_worker.execution import Execution
from services.agent_worker.inputs import Inputs
from services.agent_worker.keys import Keys
from services.agent_worker.limits import Limits
from services.agent_worker.outcome import Outcome
from services.agent_worker.providers.known import Providers
from services.agent_worker.room import Room
from services.agent_worker.shares import Shares
from services.agent_worker.tools.callers import Callers, ListTools
from shared.flow import Step
from shared.log.flows import Flows
from shared.log.port import Log
from shared.run.facts import RunRequested


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What all executions of this process share."""

    store: Log
    flows: Flows
    providers: Providers
    keys: Keys
    worker: str
    default_model: str
    delta_seconds: float
    evaluators: Evaluators = field(default_factory=Evaluators)
    checkers: Checkers = field(default_factory=Checkers)
    shares: Shares = field(default_factory=Shares)
    room: Room = field(default_factory=Room)
    limits: Limits = field(default_factory=Limits)
    callers: Callers = field(default_factory=dict)
    listings: ListTools | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One execution's work: `input` is all inputs as one text, `texts` each by its node."""

    execution: Execution
    number: int
    step: Step
    requested: RunRequested
    context: Context
    inputs: Inputs
    input: str
    texts: Mapping[str, str]


Execute: TypeAlias = Callable[[Assignment, Equipment], Awaitable[Outcome]]
