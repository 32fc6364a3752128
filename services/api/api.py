"""What handlers work with: made once when the service starts."""

from __future__ import annotations

from dataclasses import dataclass

from services.api.admin.overview import Overview
from services.api.definitions.agent_rows import Agents
from services.api.definitions.flows import Flows
from services.api.definitions.pipeline_rows import Pipelines
from services.api.history.chronicle import Chronicle
from services.api.history.records import Records
from services.api.http.authentication import Tokens
from services.api.http.tickets import Tickets
from services.api.live.hub import Hub
from services.api.runs.capacity import Capacity
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
