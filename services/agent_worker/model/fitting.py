"""Which model an attempt asks, and what of it: of one that takes over no more than it can do.

What the flow asks of its first model was judged with the flow. A later one of the chain is asked
for an answer no longer than it has, and not for thinking or an effort that it is known not to have.
"""

from datetime import UTC, datetime

from shared.flow import AgentWork
from shared.flow.abilities import complaints_of
from shared.models import Capabilities, ModelName, capabilities, named
from shared.run.facts import StepReady

_ASKED = {
    "thinking": {"unsupported_thinking", "thinking_always_on", "budget_too_large"},
    "effort": {"unsupported_effort"},
}
"""By which complaints a setting goes."""


def model_of(ready: StepReady, work: AgentWork, default_model: str) -> ModelName:
    """The model that the attempt asks."""
    return named(ready.model or work.model or default_model)


def fitted(work: AgentWork, asked: ModelName) -> AgentWork:
    """The work as this model is asked for it."""
    if work.model in (None, asked.whole):
        return work
    known = capabilities(asked.whole, datetime.now(UTC))
    work = work.model_copy(update={"max_tokens": _bounded(work.max_tokens, known)})
    codes = {code for code, _ in complaints_of(work, known)}
    unfit = {field: None for field, of_it in _ASKED.items() if codes & of_it}
    return work.model_copy(update=unfit)


def has_structured_output(asked: ModelName) -> bool:
    """The model is known to be asked for JSON of a schema by a setting of its own."""
    known = capabilities(asked.whole, datetime.now(UTC))
    return known is not None and bool(known.structured_output)


def _bounded(most: int | None, known: Capabilities | None) -> int | None:
    longest = None if known is None else known.output_tokens
    return min(most, longest) if most and longest else most
