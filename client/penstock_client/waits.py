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
