"""Facts as frames of an event stream.

    id: 42
    event: step.completed
    data: {"at":"...","type":"step.completed",...}

A fact is stored as one line of UTF-8 JSON and is sent as it is, but for large bodies, which get a
`url` to read them from.

Source: WHATWG HTML, 9.2.5 "Parsing an event stream".
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import NamedTuple, TypeAlias, get_args

from shared.run import meaning
from shared.run.facts import RunEnded

RETRY = b"retry: 1000\n\n"
KEEP_ALIVE = b": keep-alive\n\n"
LIFECYCLE_TYPES = frozenset(map(meaning.type_of, meaning.LIFECYCLE))
TYPES = LIFECYCLE_TYPES | frozenset(map(meaning.type_of, meaning.STREAM))
STATUS_BY_TYPE = {
    kind: kind.removeprefix("run.") for kind in map(meaning.type_of, get_args(RunEnded))
}

_TYPE = b'"type":"'
_BLOB = b'{"blob":"'
_CONTENT_FIELDS = {meaning.type_of(kind): names for kind, names in meaning.BODIES.items()}


class Form(NamedTuple):
    """How a reader wants its frames: only some types, or without `event:`."""

    types: frozenset[str] | None = None
    unnamed: bool = False


class Frame(NamedTuple):
    """One fact ready to be sent; `wire` names its event, `bare` does not."""

    sequence: int
    type: str
    wire: bytes

    @property
    def data(self) -> bytes:
        """The fact as one line of JSON."""
        return self.wire.rstrip(b"\n").partition(b"\ndata: ")[2]

    @property
    def bare(self) -> bytes:
        head, _, rest = self.wire.partition(b"\nevent: ")
        return head + b"\n" + rest.partition(b"\n")[2]


class End(NamedTuple):
    """The run is over: the sequence of its terminal fact, and the status that gave it."""

    sequence: int
    status: str

    @property
    def wire(self) -> bytes:
        return b'id: %d\nevent: end\ndata: {"status":"%s"}\n\n' % (
            self.sequence,
            self.status.encode(),
        )


class Stretch(NamedTuple):
    """All there is to tell of a stretch of the log, up to `position`; `end` if it holds one."""

    frames: Sequence[Frame]
    position: int
    end: End | None = None


Backlog: TypeAlias = AsyncIterator[Stretch]


def starting_at(position: int) -> bytes:
    """A frame without data: nobody is told of it, and the reader goes on from there after a cut."""
    return b"id: %d\n\n" % position


def end_of(frames: Sequence[Frame]) -> End | None:
    """The end of the run, if these frames, in order, include its terminal fact."""
    status = STATUS_BY_TYPE.get(frames[-1].type) if frames else None
    return End(frames[-1].sequence, status) if status else None


def type_of(data: bytes) -> str:
    """The type of a stored fact.

    No decoding: writers put `type` before every field that may hold user objects, and inside a
    JSON text a quote is escaped, so the first such key is the fact's own.
    """
    start = data.index(_TYPE) + len(_TYPE)
    return data[start : data.index(b'"', start)].decode()


def frame(sequence: int, data: bytes) -> Frame:
    """The frame of a stored fact."""
    kind = type_of(data)
    if kind in _CONTENT_FIELDS and _BLOB in data:
        data = _with_url(kind, data)
    return Frame(
        sequence, kind, b"id: %d\nevent: %s\ndata: %s\n\n" % (sequence, kind.encode(), data)
    )


def chunk(frames: Iterable[Frame], form: Form) -> bytes:
    """The frames a reader wants, as it wants them, in one piece."""
    if form.types is not None:
        frames = (f for f in frames if f.type in form.types)
    if form.unnamed:
        return b"".join(f.bare for f in frames)
    return b"".join(f.wire for f in frames)


def blob_url(run: str, sha256: str) -> str:
    """Where a large body of a run is read."""
    return f"/api/v1/runs/{run}/blobs/{sha256}"


def _with_url(kind: str, data: bytes) -> bytes:
    fact = json.loads(data)
    for name in _CONTENT_FIELDS[kind]:
        body = fact.get(name)
        if isinstance(body, dict) and "blob" in body:
            body["url"] = blob_url(fact["run"], body["blob"])
    return json.dumps(fact, ensure_ascii=False, separators=(",", ":")).encode()
