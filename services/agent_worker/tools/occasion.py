"""For whom a tool is called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """For whom a tool is called; the key is the same for every execution of the same call."""

    workspace: str
    run: str
    node: str
    attempt: int
    idempotency_key: str
