"""What a run waits for."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class WaitingFor(BaseModel):
    """What a run waits for while nothing of it is under way; `until` where that is known.

    `kind` is `person`, `worker`, `workspace_limit`, `provider_limit` or `timer`.
    """

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())

    kind: str
    text: str
    until: str | None = None


class RunWaits(BaseModel):
    """What a run waits for; None while something of it is under way, and once it is over."""

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())

    waiting_for: WaitingFor | None = None
