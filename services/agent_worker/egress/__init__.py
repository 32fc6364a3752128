"""Where tools may call: public addresses and what the operator names, checked at every request.

    targets     a URL, written in one way only -> scheme, name, port
    addresses   which addresses are not public, and why
    guard       a name -> addresses that may be called, or a refusal
    transport   the guard beneath an httpx2 client: what was checked is what is connected to
    client      one call: redirects, bounds of bytes and time
    errors      what can go wrong, with stable codes

Nothing here reads the environment: `HTTP_PROXY` and the like count for nothing.
"""

from services.agent_worker.egress.client import Answer, Call, EgressClient, failed_at
from services.agent_worker.egress.errors import (
    EgressError,
    EgressFailed,
    EgressRefused,
    EgressTimeout,
    EgressUnresolved,
    TooManyRedirects,
)
from services.agent_worker.egress.guard import Guard
from services.agent_worker.egress.targets import Target, parsed, target_of
from services.agent_worker.egress.transport import GuardedTransport

__all__ = [
    "Answer",
    "Call",
    "EgressClient",
    "EgressError",
    "EgressFailed",
    "EgressRefused",
    "EgressTimeout",
    "EgressUnresolved",
    "Guard",
    "GuardedTransport",
    "Target",
    "TooManyRedirects",
    "failed_at",
    "parsed",
    "target_of",
]
