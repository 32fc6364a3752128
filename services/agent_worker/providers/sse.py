"""Bytes of an event stream into its events, as they come.

Nothing is decoded but what a blank line ends; comments, ids and fields nobody knows are passed
over. Source: WHATWG HTML, 9.2.6 "Interpreting an event stream".
"""

from typing import NamedTuple

from services.agent_worker.providers.border import BadStream

LARGEST_EVENT_BYTES = 64 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"


class Message(NamedTuple):
    """One event: its name, empty if it has none, and its data."""

    name: str
    data: str


class EventStream:
    """Takes the bytes as they come, in pieces of any size."""

    __slots__ = ("_cr", "_data", "_name", "_rest", "_size", "_started")

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._data: list[bytes] = []
        self._name = b""
        self._size = 0
        self._cr = False
        self._started = False

    def feed(self, piece: bytes) -> list[Message]:
        """The events that this piece ends. Raises: BadStream."""
        if not piece:
            return []
        if self._cr or b"\r" in piece:
            piece = self._with_line_feeds(piece)
        if b"\n" not in piece:
            self._hold(self._rest, piece)
            return []
        if self._rest:
            piece = b"".join((*self._rest, piece))
            self._rest.clear()
        self._size = sum(map(len, self._data))
        *lines, last = piece.split(b"\n")
        if last:
            self._hold(self._rest, last)
        if not self._started:
            self._started = True
            lines[0] = lines[0].removeprefix(_BOM)
        return self._messages(lines)

    def _messages(self, lines: list[bytes]) -> list[Message]:
        messages: list[Message] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._hold(self._data, line[6:] if line[5:6] == b" " else line[5:])
            elif line.startswith(b"event:"):
                self._name = line[6:].removeprefix(b" ")
            elif line == b"data":
                self._data.append(b"")
            elif not line:
                if self._data:
                    data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
                    messages.append(Message(_text(self._name), _text(data)))
                    self._data.clear()
                    self._size = 0
                self._name = b""
        return messages

    def _hold(self, held: list[bytes], piece: bytes) -> None:
        held.append(piece)
        self._size += len(piece)
        if self._size > LARGEST_EVENT_BYTES:
            raise BadStream(f"an event is longer than {LARGEST_EVENT_BYTES} bytes")

    def _with_line_feeds(self, piece: bytes) -> bytes:
        """The piece with each end of a line, of the three kinds there are, as a line feed."""
        if self._cr and piece.startswith(b"\n"):
            piece = piece[1:]
        self._cr = piece.endswith(b"\r")
        return piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _text(data: bytes) -> str:
    try:
        # A lone half of a character may be written as three bytes: it is cleaned like others.
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise BadStream(f"expected UTF-8, found {data[:80]!r} ({error.reason})") from error
