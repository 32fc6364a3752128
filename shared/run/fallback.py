"""Which model an agent's step asks next, when one of its chain has failed.

Docs: docs/adr/0060-any-model.md has the whole table of what follows a failure.
"""

from __future__ import annotations

from shared.flow import AgentWork, Step
from shared.run.content import Cause

REFUSAL = "refusal"
FALLBACK_CODES = frozenset(
    {
        "overloaded",
        "rate_limited",
        "provider_error",
        "provider_timeout",
        "connection_failed",
        "connection_lost",
        "first_token_timeout",
        "model_not_found",
        "unknown_provider",
    }
)
"""Failures that say that this model is not to be had, not that the question is wrong."""


def chain_of(step: Step) -> tuple[str, ...]:
    """The models that the step may ask, in order; none where it has no fallbacks."""
    work = step.work
    if not isinstance(work, AgentWork) or work.model is None or not work.fallbacks:
        return ()
    return (work.model, *work.fallbacks)


def next_model(step: Step, model: str | None, error: Cause) -> str | None:
    """The model that takes over from `model` after this error; None if none does."""
    chain, work = chain_of(step), step.work
    if model not in chain or not isinstance(work, AgentWork):
        return None
    takes_over = error.code in FALLBACK_CODES
    if error.code == REFUSAL:
        takes_over = work.fallback_on_refusal
    after = chain.index(model) + 1
    return chain[after] if takes_over and after < len(chain) else None
