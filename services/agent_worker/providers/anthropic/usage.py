"""The provider's token counts as ours.

Source: Anthropic Messages API: `message_start` carries the first counts, the ones of
`message_delta` are cumulative and take their place.
"""

from services.agent_worker.providers.border import Object, count, member
from shared.run.content import Usage


def usage_at_start(counts: Object) -> Usage:
    """What a turn has used when its first event arrives. Raises: BadStream."""
    hour = count(member(counts, "cache_creation").get("ephemeral_1h_input_tokens"))
    created = count(counts.get("cache_creation_input_tokens"))
    return _with_common(Usage(cache_creation_1h_tokens=hour), counts, created)


def usage_after(before: Usage, counts: Object) -> Usage:
    """What a turn has used, all told; counts that the event leaves out stay as they were.

    Raises: BadStream.
    """
    before_created = before.cache_creation_5m_tokens + before.cache_creation_1h_tokens
    created = count(counts.get("cache_creation_input_tokens"), before_created)
    return _with_common(before, counts, created)


def _with_common(before: Usage, counts: Object, cache_creation_tokens: int) -> Usage:
    details, tools = member(counts, "output_tokens_details"), member(counts, "server_tool_use")
    return Usage(
        input_tokens=count(counts.get("input_tokens"), before.input_tokens),
        output_tokens=count(counts.get("output_tokens"), before.output_tokens),
        thinking_tokens=count(details.get("thinking_tokens"), before.thinking_tokens),
        cache_read_tokens=count(counts.get("cache_read_input_tokens"), before.cache_read_tokens),
        # Only the whole is counted on; what is not known to be kept an hour is kept 5 minutes.
        cache_creation_5m_tokens=max(0, cache_creation_tokens - before.cache_creation_1h_tokens),
        cache_creation_1h_tokens=before.cache_creation_1h_tokens,
        web_search_requests=count(tools.get("web_search_requests"), before.web_search_requests),
        web_fetch_requests=count(tools.get("web_fetch_requests"), before.web_fetch_requests),
    )
