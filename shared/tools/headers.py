"""Which headers a tool may send, and what may stand in one."""

import re
from collections.abc import Iterable
from typing import Final

from shared.flow.json_value import quoted

LONGEST_VALUE: Final = 8192
OURS: Final = frozenset(
    {
        *("host", "content-length", "transfer-encoding", "connection", "keep-alive", "te"),
        *("trailer", "upgrade", "expect", "proxy-authorization", "proxy-connection"),
        *("accept-encoding", "idempotency-key"),
    }
)
"""Headers that say where a message goes or ends, and the key of a call: set by us alone."""

# Source: RFC 9110, 5.6.2 (token), 5.5 (field values, without obs-text).
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"(?:[!-~](?:[ \t!-~]*[!-~])?)?")


def is_ours(name: str) -> bool:
    """A tool does not set it."""
    return name.lower() in OURS


def is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def is_value(value: str) -> bool:
    """One line of printable ASCII, without white space around it."""
    return len(value) <= LONGEST_VALUE and _VALUE.fullmatch(value) is not None


def is_sendable(name: str, value: str) -> bool:
    return is_name(name) and is_value(value)


def names_problem(names: Iterable[str]) -> str | None:
    """What is wrong with the names of the headers of a tool, as a sentence; None if nothing is."""
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            return "expected each header once, got one twice"
        if is_ours(name):
            return f"expected no header {name}: it is set for every call"
        if not is_name(name):
            return f"expected the name of a header, got {quoted(name)}"
        seen.add(name.lower())
    return None


def value_problem(name: str) -> str:
    """The sentence about a value that is none."""
    return f"expected {name} to be one line of printable ASCII, got something else"
