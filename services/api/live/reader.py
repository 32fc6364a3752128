"""One reader of a run's events: from its position to the end of the run, at its own pace."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.api.history.source import Source
from services.api.http.answers import PIECE_BYTES, Reply, pieces_of
from services.api.http.headers import names
from services.api.identity.identity import SETTINGS
from services.api.identity.standing import Right
from services.api.live.frames import (
    KEEP_ALIVE,
    RETRY,
    Backlog,
    End,
    Frame,
    Stretch,
    end_of,
    frame,
    starting_at,
)
from services.api.live.hub import Hub, TooManyReaders
from services.api.live.opening import unvoid
from services.api.live.tape import CHUNK_BYTES, Encoder
from services.api.live.watch import PAGE, Watch, Watched
from services.api.server.uvicorn_internals import Connection, connection_of
from shared.errors import PenstockError, Unavailable
from shared.log.port import Entry
from shared.runtime.logging import logger
from shared.runtime.metrics import counter

KEEP_ALIVE_SECONDS = 10.0
STALL_SECONDS = 10.0
# Source: RFC 9111, 5.2.2: nobody on the way keeps a stream, or gathers it to compress it.
MEDIA_TYPE = "text/event-stream"
HEADERS = {
    "content-type": f"{MEDIA_TYPE}; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
}
RAW_HEADERS = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

CUT = counter("event_readers_cut_total", "Readers cut off because they did not keep up.")

log = logger()


class EventStream:
    """The answer that streams: `backlog` first, then what `watch` passes on, then the end.

    Without a watch the backlog is all, up to the end of the run.
    """

    def __init__(
        self,
        hub: Hub,
        encoder: Encoder,
        backlog: Backlog,
        *,
        after: int = 0,
        watch: Watched | None = None,
    ) -> None:
        self._hub = hub
        self._encoder = encoder
        self.right = Right(SETTINGS, "")
        self._backlog = backlog
        self._after = after
        self._watch = watch
        self._end: End | None = None
        self._leaving = False
        self._is_sending = False
        self._is_following = False
        self._sent_at = 0.0
        self._took_at = 0.0
        self._unsent = self._written = 0
        self._changed: asyncio.Future[None] | None = None
        self._connection: Connection
        self._lost: asyncio.Future[None]
        self._send: Send

    def give_up(self) -> None:
        """Nobody will be told: let go of what is read."""
        if self._watch is not None:
            self._hub.leave(self._watch)

    def admitted(self, workspace: str) -> EventStream:
        """This, if one more of the workspace may read. Raises: TooManyReaders."""
        try:
            self._hub.require_room(workspace)
        except TooManyReaders:
            self.give_up()
            raise
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        self._send, self._lost, self._took_at = send, loop.create_future(), loop.time()
        self.right = Right(scope["user"].maker, scope["user"].workspace)
        self._connection = connection_of(scope)
        self._connection.when_lost = self._when_lost
        if self._connection.is_lost:
            self._when_lost()  # it hung up while its run was looked for
        self._hub.enter(self)
        if self._watch is not None:
            self._watch.was_read = True
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(RAW_HEADERS)})
            await self._write(await self._stream(), more=False)
        except _TooSlow:
            CUT.inc()
            await self._cut()
        except PenstockError as error:
            log.warning("reader.abandoned", error=str(error))
            await self._cut()
        finally:
            self._connection.when_lost = None
            self._hub.leave_out(self)
            if self._watch is not None:
                self._hub.leave(self._watch)

    @property
    def unsent_bytes(self) -> int:
        """What waits here because the client has not taken what came before."""
        return self._connection.unsent_bytes

    def pulse(self, now: float) -> None:
        """Cut off a reader that does not read; let one that has nothing to read know we live."""
        if self._takes():
            self._took_at = now
        if now - self._took_at >= STALL_SECONDS or (self._is_sending and self._is_behind()):
            CUT.inc()
            self._connection.abort()
        elif not self._is_sending and now - self._sent_at >= KEEP_ALIVE_SECONDS:
            self._wake()

    def leave(self) -> None:
        """End the stream here: the reader resumes by its last id."""
        self._leaving = True
        if self._is_sending:
            self._connection.abort()
        self._wake()

    async def _stream(self) -> bytes:
        """Sends all but the last piece, which it returns: that goes out with the end."""
        head = RETRY
        if self._watch is not None and not self._watch.ends:
            # What has no beginning is gone on with from here, were it cut before its first event.
            head += starting_at(self._after)
        async for stretch in self._backlog:
            for piece in _pieces(stretch.frames):
                await self._write(head + await self._encoder.encode(piece))
                head = b""
            if self._leaving:
                return b""
            await self._keep_alive()
            self._after, self._end = stretch.position, stretch.end
        await self._write(head)
        last = b""
        if self._watch is not None and self._end is None:
            last = await self._follow(self._watch)
        return last + self._encoder.encode_end(self._end) if self._end is not None else last

    async def _follow(self, watch: Watched) -> bytes:
        tape = watch.tape
        self._is_following = True
        while not self._leaving:
            if not tape.reaches(self._after):
                raise _TooSlow
            body, self._after = await self._encoder.encode_next(tape, self._after)
            is_at_end = self._after >= tape.position
            if is_at_end and (tape.end is not None or tape.broken):
                self._end = tape.end
                return body
            await self._write(body)
            if not is_at_end or self._after < tape.position or self._leaving:
                continue
            self._changed = tape.wait()
            await self._changed
            await self._keep_alive()
        return b""

    async def _keep_alive(self) -> None:
        if asyncio.get_running_loop().time() - self._sent_at >= KEEP_ALIVE_SECONDS:
            await self._write(KEEP_ALIVE)

    async def _write(self, body: bytes, *, more: bool = True) -> None:
        if more and not body:
            return
        self._sent_at = asyncio.get_running_loop().time()
        self._is_sending = True
        # A piece at a time: what is sent is copied, and others wait for that.
        *others, last = pieces_of([body]) if len(body) > PIECE_BYTES else [body]
        for piece in others:
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
            self._written += len(piece)
        await self._send({"type": "http.response.body", "body": last, "more_body": more})
        self._is_sending = False
        self._written += len(last)

    async def _cut(self) -> None:
        # Only a cut connection tells the client that this is not the end.
        self._connection.abort()
        await self._lost

    def _when_lost(self) -> None:
        if not self._lost.done():
            self._lost.set_result(None)
        self._leaving = True
        self._wake()

    def _takes(self) -> bool:
        """Since this was asked last something has left for the client, or nothing waits for it."""
        unsent, before = self.unsent_bytes, self._unsent + self._written
        self._unsent, self._written = unsent, 0
        return unsent < before or not unsent

    def _is_behind(self) -> bool:
        """More was passed on since than the tape remembers."""
        if self._watch is None or not self._is_following:
            return False
        return not self._watch.tape.reaches(self._after)

    def _wake(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)


def come_back(request: Request, error: Unavailable) -> Response:
    """What to answer while what is to be streamed is away.

    An EventSource gets a stream that is cut before its first event: any status but 200 would end
    it for good. Others are told by the status. Source: WHATWG HTML, 9.2.3.

    Raises: the error, for who asks for no event stream by name.
    """
    if not names(request, MEDIA_TYPE):
        raise error
    return Response(RETRY, headers=HEADERS)


def headers_only(reply: Reply) -> Reply:
    """What HEAD is answered where GET is answered by `reply`: nobody begins to read."""
    if not isinstance(reply, EventStream):
        return reply
    reply.give_up()
    headers = Response(headers=HEADERS)
    del headers.headers["content-length"]  # a stream has none
    return headers


class _TooSlow(Exception):
    """The reader is further behind than the tape remembers."""


def _pieces(frames: Sequence[Frame]) -> Iterator[Sequence[Frame]]:
    """The frames in pieces of bounded size."""
    start = size = 0
    for stop, made in enumerate(frames, 1):
        size += len(made.wire)
        if size >= CHUNK_BYTES:
            yield frames[start:stop]
            start, size = stop, 0
    if start < len(frames):
        yield frames[start:]


async def ready(stretch: Stretch) -> Backlog:
    """A backlog that is at hand."""
    yield stretch


def of_run(entries: Iterable[Entry], after: int) -> Stretch:
    """What these entries of a run, the next after a position, have to tell."""
    frames = [frame(entry.sequence, entry.data) for entry in unvoid(entries)]
    return Stretch(frames, frames[-1].sequence if frames else after, end_of(frames))


async def read_on(source: Source, watch: Watch, after: int) -> Backlog:
    """A backlog from a position that the tape has left behind, until the tape reaches on."""
    while not watch.tape.reaches(after):
        page = await source.read_on(watch.workspace, watch.run, after=after, limit=PAGE)
        if not page:
            raise Unavailable("the log is behind what was already read of it; ask again")
        stretch = of_run(page, after)
        yield stretch
        after = stretch.position
        if stretch.end:
            return
