"""What a worker counts."""

from shared.run.content import Usage
from shared.runtime.metrics import counter, gauge, histogram

# What a provider, or the way to it, says when only whoever runs Penstock can help.
OPERATORS_CODES = (
    *("authentication", "billing", "misconfigured", "permission", "redirected", "spend_limit"),
)

STEPS = counter(
    "steps_finished_total", "Executions that ended, by kind and outcome.", "kind", "outcome"
)
FAILED = counter(
    "steps_failed_total", "Attempts recorded as failed, by kind and code.", "kind", "code"
)
for code in OPERATORS_CODES:
    FAILED.labels("agent", code)  # told as 0, so that the first one is an increase
REDELIVERED = counter(
    "steps_redelivered_total", "Redelivered attempts, by what was done about it.", "verdict"
)
HANDED_BACK = counter(
    "steps_handed_back_total", "Deliveries handed back to their queue, by reason.", "reason"
)
SLOTS_USED = gauge("slots_used", "Attempts in hand, by pool.", "pool")
SLOTS = gauge("slots", "Attempts this worker takes at a time, by pool.", "pool")
TOKENS = counter("model_tokens_total", "Tokens the model counted, by kind.", "kind")
FIRST_TOKEN = histogram(
    "model_first_token_seconds", "From the start of an execution to its first text."
)
STEP_SECONDS = histogram("step_seconds", "From delivery to acknowledgement, by kind.", "kind")
ABORTED = histogram("model_abort_seconds", "From the order to stop to the closed connection.")
TOOL_CALLS = counter(
    "tool_calls_total",
    "Calls of tools that are over, by kind of tool and outcome.",
    "kind",
    "outcome",
)
TOOL_SECONDS = histogram("tool_call_seconds", "What calls of tools took, by kind of tool.", "kind")
DELTAS = counter("deltas_total", "Pieces of answers published.")
DELTAS_LOST = counter("deltas_lost_total", "Pieces of answers the log did not acknowledge.")


def finished(kind: str, outcome: str, usage: Usage) -> None:
    """Count one execution that ended, and what it used."""
    STEPS.labels(kind, outcome).inc()
    if not (usage.input_tokens or usage.output_tokens):
        return
    TOKENS.labels("input").inc(usage.input_tokens)
    TOKENS.labels("output").inc(usage.output_tokens)
    TOKENS.labels("cache_read").inc(usage.cache_read_tokens)
    created = usage.cache_creation_5m_tokens + usage.cache_creation_1h_tokens
    TOKENS.labels("cache_creation").inc(created)


def tool_returned(kind: str, outcome: str, seconds: float) -> None:
    """Count one call of a tool; one that was not made took no time."""
    TOOL_CALLS.labels(kind, outcome).inc()
    if seconds:
        TOOL_SECONDS.labels(kind).observe(seconds)
