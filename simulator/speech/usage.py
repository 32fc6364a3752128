"""What an answer costs in tokens, as message_start and message_delta tell it.

Counts in message_delta are cumulative and replace those of message_start; what a server tool
brought in counts as input only there. Source: the types Usage and MessageDeltaUsage of the SDK.
"""

from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = dict[str, object]

TOKENS_A_SEARCH = 1200
TOKENS_A_FETCH = 2500


def tokens(text: str) -> int:
    """About as many tokens as `text` has: one for four characters, rounded up."""
    return (len(text) + 3) // 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """Tokens of a prompt that were read from the cache, and written to it."""

    read: int = 0
    written_5m: int = 0
    written_1h: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """All kinds of tokens of one answer; `input` is without what server tools bring in."""

    input: int
    output: int
    thinking: int
    cache_read: int
    cache_5m: int
    cache_1h: int
    searches: int
    fetches: int

    def at_start(self) -> Json:
        """For message_start: nothing is said yet."""
        return {
            "input_tokens": self.input,
            "cache_creation_input_tokens": self.cache_5m + self.cache_1h,
            "cache_read_input_tokens": self.cache_read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.cache_5m,
                "ephemeral_1h_input_tokens": self.cache_1h,
            },
            "output_tokens": min(1, self.output),
            "service_tier": "standard",
        }

    def at_end(self) -> Json:
        """For message_delta: everything, cumulative."""
        usage: Json = {
            "input_tokens": self.input + self._brought_in,
            "cache_creation_input_tokens": self.cache_5m + self.cache_1h,
            "cache_read_input_tokens": self.cache_read,
            "output_tokens": self.output,
            "output_tokens_details": {"thinking_tokens": self.thinking},
        }
        if self.searches or self.fetches:
            usage["server_tool_use"] = {
                "web_search_requests": self.searches,
                "web_fetch_requests": self.fetches,
            }
        return usage

    def whole(self) -> Json:
        """For a message that was not streamed."""
        return {**self.at_start(), **self.at_end()}

    @property
    def _brought_in(self) -> int:
        return self.searches * TOKENS_A_SEARCH + self.fetches * TOKENS_A_FETCH
