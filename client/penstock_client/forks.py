"""What the API answers about forks: what one keeps, and what it runs again."""

from __future__ import annotations

from penstock_client.results import Result
from penstock_client.run_results import Accepted, ForkedFrom


class NodeRef(Result):
    """A step, by number and node."""

    step: int
    node: str


class ForkPlan(Result):
    """What a fork keeps and what it runs again; what is in neither is skipped."""

    forked_from: ForkedFrom
    kept: tuple[NodeRef, ...] = ()
    rerun: tuple[NodeRef, ...] = ()


class Forked(Accepted, ForkPlan):
    """A fork the log has acknowledged, with what becomes of its steps."""
