"""A pure parser of server-sent events: bytes in, frames out, no I/O.

Any way of cutting the same bytes into chunks gives the same frames. A frame that was cut before
its blank line is not delivered.

Source: WHATWG HTML, 9.2.5 "Parsing an event stream" and 9.2.6 "Interpreting an event stream".
"""

from __future__ import annotations

from dataclasses import dataclass

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MAX_RETRY_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Frame:
    """One dispatched event: `id` is the last id seen up to here, `event` defaults to message."""

    id: str
    event: str
    data: str


class Parser:
    """Reads one stream; feed it the chunks of one response body in order."""

    def __init__(self) -> None:
        self._unread: list[bytes] = []
        self._skip_line_feed = False
        self._at_start = True
        self._data: list[str] = []
        self._event = ""
        self._id = self._last_id = ""
        self._retry_ms: int | None = None

    @property
    def retry_ms(self) -> int | None:
        """The reconnection time the server asked for last, in milliseconds."""
        return self._retry_ms

    @property
    def last_id(self) -> str:
        """The id of the last whole frame, also of one without data, which nobody is told of."""
        return self._last_id

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames completed by `chunk`."""
        if self._skip_line_feed and chunk:
            self._skip_line_feed = False
            chunk = chunk.removeprefix(b"\n")
        if b"\n" not in chunk and b"\r" not in chunk:
            self._unread.append(chunk)
            return []
        text = b"".join((*self._unread, chunk))
        self._skip_line_feed = text.endswith(b"\r")
        lines = text.splitlines()
        self._unread = [] if text.endswith((b"\n", b"\r")) else [lines.pop()]
        return self._frames(lines)

    def _frames(self, lines: list[bytes]) -> list[Frame]:
        if self._at_start:
            self._at_start = False
            lines[0] = lines[0].removeprefix(_BYTE_ORDER_MARK)
        frames = []
        for line in lines:
            if line:
                self._read_field(line)
                continue
            self._last_id = self._id
            if self._data:
                frames.append(Frame(self._id, self._event or "message", "\n".join(self._data)))
            self._data, self._event = [], ""
        return frames

    def _read_field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value.decode(errors="replace"))
        elif name == b"event":
            self._event = value.decode(errors="replace")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode(errors="replace")
        elif name == b"retry" and value.isdigit() and len(value) <= _MAX_RETRY_DIGITS:
            self._retry_ms = int(value)
