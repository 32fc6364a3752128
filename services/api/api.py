"""What handlers work with: made once when the service starts."""

from __future__ import annotations

from dataclasses import dataclass

from services.api.auth import Tokens
from services.api.capacity import Capacity
from services.api.chronicle import Chronicle
from services.api.flows import Flows
from services.api.live.hub import Hub
from services.api.overview import Overview
from services.api.records import Records
from services.api.store.agents import Agents
from services.api.store.pipelines import Pipelines
from services.api.tickets import Tickets
from shared.log.port import Log
from shared.runtime.monitor import Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The service, as a handler sees it. `partitions` is how many the log has."""

    log: Log
    records: Records
    chronicle: Chronicle
    hub: Hub
    flows: Flows
    agents: Agents
    pipelines: Pipelines
    tokens: Tokens
    tickets: Tickets
    capacity: Capacity
    overview: Overview
    health: Health
    partitions: int
    origins: frozenset[str]
