"""What was used and what it costs, in words."""

from __future__ import annotations

from collections.abc import Mapping

_CACHE = (
    (("cache_read_tokens",), "from cache"),
    (("cache_creation_5m_tokens", "cache_creation_1h_tokens"), "to cache"),
)


def tokens_in_words(usage: Mapping[str, object]) -> str:
    """Tokens in and out, and those of the cache, which are not among them; empty if none."""
    fresh = [_count(usage, name) for name in ("input_tokens", "output_tokens")]
    words = [f"{fresh[0]:,} tokens in", f"{fresh[1]:,} out"] if any(fresh) else []
    return ", ".join(words + cached_in_words([usage]))


def cached_in_words(usages: list[Mapping[str, object]]) -> list[str]:
    """How many tokens were read from the cache, and written to it."""
    sums = [(sum(_count(u, name) for u in usages for name in names), of) for names, of in _CACHE]
    return [f"{count:,} {of}" for count, of in sums if count]


def tokens_together(usage: Mapping[str, object]) -> int:
    """Those read and written but for the cache's."""
    return _count(usage, "input_tokens") + _count(usage, "output_tokens")


def tokens_at_a_glance(usage: Mapping[str, object]) -> str:
    """How many tokens were read and written, as 848, 12.3k or 4.1M; empty if none."""
    return count_at_a_glance(tokens_together(usage))


def count_at_a_glance(count: int) -> str:
    """As 848, 12.3k or 4.1M; empty if none."""
    for unit, letter, most in ((1_000, "k", 1_000_000), (1_000_000, "M", 1 << 62)):
        if 10_000 <= count < most:
            return f"{count / unit:,.{1 if count < 100 * unit else 0}f}{letter}"
    return str(count) if count else ""


def cost_at_a_glance(cost_usd: str | None, usage: Mapping[str, object]) -> str:
    """Dollars to four places, or two from a dollar on; empty if nothing was used."""
    words = cost_in_words(cost_usd, usage)
    if not words or cost_usd is None:
        return "?" if words else ""
    try:
        dollars = float(cost_usd)
    except ValueError:
        return words
    if 0 < dollars < 0.0001:
        return "<$0.0001"
    return f"${dollars:.4f}" if dollars < 1 else f"${dollars:,.2f}"


def cost_in_words(cost_usd: str | None, usage: Mapping[str, object]) -> str:
    """Dollars; empty if nothing was used."""
    if not any(isinstance(count, int) and count for count in usage.values()):
        return ""
    return "price unknown" if cost_usd is None else f"${cost_usd}"


def _count(usage: Mapping[str, object], name: str) -> int:
    count = usage.get(name)
    return count if isinstance(count, int) else 0
