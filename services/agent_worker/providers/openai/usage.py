"""The provider's token counts as ours.

`prompt_tokens` has those that were read from a cache or written to one, `completion_tokens` those
of reasoning. Source: OpenAI API reference, the chat completion chunk object, `usage`.
"""

from services.agent_worker.providers.border import Object, count, member
from shared.run.content import Usage


def usage_of(counts: Object) -> Usage:
    """What a turn has used, all told. Raises: BadStream."""
    prompt, written = member(counts, "prompt_tokens_details"), count(counts.get("prompt_tokens"))
    details = member(counts, "completion_tokens_details")
    cached = min(count(prompt.get("cached_tokens")), written)
    kept = min(count(prompt.get("cache_write_tokens")), written - cached)
    return Usage(
        input_tokens=written - cached - kept,
        output_tokens=count(counts.get("completion_tokens")),
        thinking_tokens=count(details.get("reasoning_tokens")),
        cache_read_tokens=cached,
        cache_creation_5m_tokens=kept,
    )
