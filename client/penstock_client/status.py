"""How a step and a run may stand."""

from __future__ import annotations

from typing import Literal

StepStatus = Literal[
    "pending", "ready", "running", "waiting", "retrying",
    "completed", "failed", "skipped", "cancelled",
]  # fmt: skip
RunStatus = Literal[
    "pending", "running", "waiting", "cancelling", "failing", "completed", "failed", "cancelled"
]
