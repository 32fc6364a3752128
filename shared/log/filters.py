"""Which subjects a filter means: `*` is any one word, `>` one or more at the end.

Source: NATS docs, Subject-Based Messaging.
"""

from __future__ import annotations

import re

_ANY, _REST = "*", ">"


def matches(pattern: str, subject: str) -> bool:
    """The filter means this subject."""
    wanted, words = pattern.split("."), subject.split(".")
    if wanted[-1] == _REST:
        wanted, words = wanted[:-1], words[: len(wanted) - 1] if len(words) >= len(wanted) else []
    return len(wanted) == len(words) and all(
        want in (_ANY, word) for want, word in zip(wanted, words, strict=True)
    )


def pattern_of(*filters: str) -> re.Pattern[str]:
    """A pattern that fully matches what one of these filters `matches`, for many subjects."""

    def pattern(subject: str) -> str:
        tokens = {_ANY: r"[^.]+", _REST: r".+"}
        return r"\.".join(tokens.get(token) or re.escape(token) for token in subject.split("."))

    return re.compile("|".join(map(pattern, filters)) or r"(?!)")
