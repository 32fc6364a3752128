"""The request log: every call, what it asked and how it ended; the newest 20,000, in memory.

Keys are never kept: an entry has the first 12 hex digits of the key's SHA-256.
"""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from time import monotonic
from typing import Literal, TypeAlias

Json: TypeAlias = dict[str, object]
Outcome: TypeAlias = Literal["open", "completed", "error", "client_gone"]

ASKED = (
    "model",
    "stream",
    "max_tokens",
    "thinking",
    "output_config",
    "cache_control",
    "system",
    "messages",
    "tools",
    "tool_choice",
    "max_completion_tokens",
    "parallel_tool_calls",
    "reasoning_effort",
    "response_format",
    "stream_options",
)
MOST_ENTRIES = 20_000
MOST_BODY_BYTES = 256 * 1024 * 1024


@dataclass(slots=True)
class Entry:
    """One call; `id` counts from 1. `monotonic` times are CLOCK_MONOTONIC, in seconds.

    `ends_as` is what the call comes to once its answer is sent, if nothing else ends it before.
    """

    id: int
    request_id: str
    key_fingerprint: str | None
    dialect: str = "anthropic"
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    began_monotonic: float = field(default_factory=monotonic)
    body: bytes = b""
    status: int | None = None
    outcome: Outcome = "open"
    ends_as: Outcome = "error"
    failure: str | None = None
    chunks_sent: int = 0
    bytes_sent: int = 0
    ended_monotonic: float | None = None

    def end(self, outcome: Outcome, when: float | None = None) -> None:
        """Records how the call ended, once: what came first stands."""
        if self.outcome == "open":
            self.outcome = outcome
            self.ended_monotonic = monotonic() if when is None else when

    def to_json(self) -> Json:
        gone = self.outcome == "client_gone"
        return {
            "id": self.id,
            "dialect": self.dialect,
            "request_id": self.request_id,
            "at": self.at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "key_fingerprint": self.key_fingerprint,
            **_asked(self.body),
            "status": self.status,
            "outcome": self.outcome,
            "failure": self.failure,
            "chunks_sent": self.chunks_sent,
            "bytes_sent": self.bytes_sent,
            "duration_ms": self._duration_ms(),
            "client_gone_after_ms": self._duration_ms() if gone else None,
            "client_gone_monotonic": self.ended_monotonic if gone else None,
            "began_monotonic": self.began_monotonic,
            "ended_monotonic": self.ended_monotonic,
        }

    def _duration_ms(self) -> float | None:
        if self.ended_monotonic is None:
            return None
        return round((self.ended_monotonic - self.began_monotonic) * 1000, 3)


class Journal:
    """The entries in order; the oldest go when there are too many or they are too large."""

    def __init__(self, entries: int = MOST_ENTRIES, body_bytes: int = MOST_BODY_BYTES) -> None:
        self._most_entries, self._most_bytes = entries, body_bytes
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._count = 0

    def open(self, request_id: str, key: str | None, dialect: str = "anthropic") -> Entry:
        """A new entry, not yet ended."""
        self._count += 1
        entry = Entry(self._count, request_id, fingerprint(key) if key else None, dialect)
        self._entries.append(entry)
        self._forget()
        return entry

    def asked(self, entry: Entry, body: bytes) -> None:
        """Records what the call asked, as it was sent."""
        if self._entries and entry.id >= self._entries[0].id:
            entry.body = body
            self._bytes += len(body)
            self._forget()

    def entries(self, *, after: int = 0, contains: str = "") -> Iterator[Entry]:
        """The entries younger than `after` whose request contains the text, oldest first."""
        needles = _written(contains)
        for entry in tuple(self._entries):
            if entry.id > after and any(needle in entry.body for needle in needles):
                yield entry

    def clear(self) -> int:
        """Forgets all entries; how many there were. Ids go on counting."""
        count, self._bytes = len(self._entries), 0
        self._entries.clear()
        return count

    def _forget(self) -> None:
        while len(self._entries) > self._most_entries or (
            self._bytes > self._most_bytes and len(self._entries) > 1
        ):
            self._bytes -= len(self._entries.popleft().body)


def fingerprint(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:12]


def _written(text: str) -> set[bytes]:
    """How `text` may stand inside JSON: as it is, or with all but ASCII escaped."""
    plain = json.dumps(text, ensure_ascii=False)[1:-1]
    return {plain.encode(errors="replace"), json.dumps(text)[1:-1].encode()}


def _asked(body: bytes) -> Json:
    try:
        request = json.loads(body)
    except ValueError:
        request = None
    if not isinstance(request, dict):
        return {**dict.fromkeys(ASKED), "unreadable": body[:1000].decode(errors="replace")}
    return {name: request.get(name) for name in ASKED}
