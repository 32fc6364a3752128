"""The provider's token counts as ours.

Source: Anthropic Messages API: `message_start` carries the first counts, the ones of
`message_delta` are cumulative and take their place.
"""

from anthropic.types import MessageDeltaUsage
from anthropic.types import Usage as StartUsage

from shared.run.content import Usage


def usage_at_start(counts: StartUsage) -> Usage:
    """What a turn has used when its first event arrives."""
    split = counts.cache_creation
    created = counts.cache_creation_input_tokens or 0
    hour = split.ephemeral_1h_input_tokens or 0 if split else 0
    return _with_common(Usage(cache_creation_1h_tokens=hour), counts, created)


def usage_after(before: Usage, counts: MessageDeltaUsage) -> Usage:
    """What a turn has used, all told; counts that the event leaves out stay as they were."""
    before_created = before.cache_creation_5m_tokens + before.cache_creation_1h_tokens
    created = counts.cache_creation_input_tokens
    return _with_common(before, counts, before_created if created is None else created)


def _with_common(
    before: Usage, counts: StartUsage | MessageDeltaUsage, cache_creation_tokens: int
) -> Usage:
    details, tools = counts.output_tokens_details, counts.server_tool_use
    thinking = details.thinking_tokens if details else None
    searches = tools.web_search_requests if tools else None
    fetches = tools.web_fetch_requests if tools else None
    return Usage(
        input_tokens=_latest(counts.input_tokens, before.input_tokens),
        output_tokens=_latest(counts.output_tokens, before.output_tokens),
        thinking_tokens=_latest(thinking, before.thinking_tokens),
        cache_read_tokens=_latest(counts.cache_read_input_tokens, before.cache_read_tokens),
        # Only the whole is counted on; what is not known to be kept an hour is kept 5 minutes.
        cache_creation_5m_tokens=max(0, cache_creation_tokens - before.cache_creation_1h_tokens),
        cache_creation_1h_tokens=before.cache_creation_1h_tokens,
        web_search_requests=_latest(searches, before.web_search_requests),
        web_fetch_requests=_latest(fetches, before.web_fetch_requests),
    )


def _latest(count: int | None, before: int) -> int:
    return before if count is None else count
