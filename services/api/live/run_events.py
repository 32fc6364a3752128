"""`GET /runs/{id}/events`: a run as an event stream, or page by page as JSON.

    Accept: text/event-stream   from the beginning, or after `Last-Event-ID` or `?after=`
    Accept: application/json    a page of lifecycle facts, `?after=&limit=`

Where a run is read from: a finished one from Postgres (and, for who resumes, its deltas from the
log while that keeps them); any other from its watch.

Source: WHATWG HTML, 9.2 "Server-sent events".
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import ClassVar, NamedTuple

from pydantic import JsonValue
from starlette.requests import Request

from services.api.history.run_history import RunHistory
from services.api.http.answers import JsonText, NoContent, Reply
from services.api.http.calls import Calls, Described
from services.api.http.headers import preferred
from services.api.http.models import RUN_ID, Shape
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.identity.identity import workspace_of
from services.api.live.asked import LastEventId, RunReading, position, require_position
from services.api.live.frames import Backlog, end_of, frame
from services.api.live.hub import Hub, TooManyReaders
from services.api.live.opening import unvoid
from services.api.live.reader import EventStream, come_back, headers_only, of_run, read_on, ready
from services.api.live.tape import Encoder, RawEncoder, Tape
from shared.errors import Unavailable
from shared.flow import JSON
from shared.log.port import Entry, Log
from shared.log.subjects import FINISHED

EVENTS = "/api/v1/runs/{run_id}/events"
STREAM, JSON_PAGE = "text/event-stream", "application/json"
# Facts have up to 64 KiB of text each.
REST_PAGE = 200


CALLS = Calls("Runs")


class EventShape(Shape):
    """One fact: its id in the log, its type, and the fact itself."""

    id: int
    event: str
    data: dict[str, JsonValue]


class EventPage(Shape):
    """One page of a run's lifecycle facts; `ended` with the last one."""

    EXAMPLE: ClassVar[JSON] = {
        "items": [
            {"id": 41, "event": "run.started", "data": {"type": "run.started", "run": RUN_ID}}
        ],
        "next_after": 41,
        "ended": False,
    }

    items: list[EventShape]
    next_after: int | None
    ended: bool


class RunOf(NamedTuple):
    """A run, and whose it is."""

    workspace: str
    run: str


@CALLS.get(
    EVENTS,
    "A run as an event stream, or as JSON pages",
    answers=(
        Described(200, "The events", media_type=STREAM),
        Described(200, "A page of lifecycle facts", EventPage),
        Described(204, "The run has ended, and everything was told"),
    ),
    access="ticket",
    refusals=(TooManyReaders,),
)
async def stream_events(request: Request, query: RunReading, headers: LastEventId) -> Reply:
    """Tells what happens in a run, from its beginning or after a position, until it has ended.

    As `Accept` says: server-sent events, each with its id, or pages of JSON. A reader that is cut
    off goes on by its last id and misses nothing; 204 tells one that comes back after the end that
    there is no more. While what it is read from is away the stream is cut with a time to try again.
    """
    run = RunOf(workspace_of(request), id_of(request, "run_id", "run"))
    after = position(query, headers)
    if preferred(request, (STREAM, JSON_PAGE)) == JSON_PAGE:
        return await _history_page(part(request, RunHistory), run, after or 0, query.limit)
    return await follow(request, run, after, RawEncoder(query.form))


async def follow(request: Request, run: RunOf, after: int | None, encoder: Encoder) -> Reply:
    """A run as an event stream, from its beginning or after a position; 204 behind its end.

    Raises: NotFound, BadParameter, TooManyReaders.
    """
    try:
        reply = await Following(request, run).stream(after, encoder)
    except Unavailable as error:
        return come_back(request, error)
    if request.method == "HEAD":
        return headers_only(reply)
    return reply.admitted(run.workspace) if isinstance(reply, EventStream) else reply


class Following:
    """One request to follow a run."""

    def __init__(self, request: Request, run: RunOf) -> None:
        self._run = run
        self._hub = part(request, Hub)
        self._log = part(request, Log)
        self._records = part(request, RunHistory)

    async def stream(self, after: int | None, encoder: Encoder) -> Reply:
        """Raises: NotFound, BadParameter, Unavailable."""
        run = self._run
        if not self._hub.is_watched(*run) and (end := await self._records.end_of(*run)) is not None:
            return await self._past(end, after, encoder)
        watch = self._hub.join(*run)
        answer: Reply | None = None
        try:
            if not await watch.is_known():
                raise await self._records.missing(*run)
            if after is None:
                begun = await watch.opening()
                answer = EventStream(self._hub, encoder, ready(begun), watch=watch)
            else:
                if await self._is_behind_end(watch.tape, after):
                    return NoContent()
                backlog = read_on(self._records, watch, after)
                answer = EventStream(self._hub, encoder, backlog, after=after, watch=watch)
            return answer
        finally:
            if answer is None:
                self._hub.leave(watch)

    async def _is_behind_end(self, tape: Tape, after: int) -> bool:
        """Whether the reader has heard all there is, though perhaps not from this process.

        Raises: BadParameter, Unavailable.
        """
        if after <= tape.position:
            return tape.end is not None and after >= tape.end.sequence
        await require_position(self._log, after)
        history = await self._records.history(*self._run)
        return any(e.rest == FINISHED and e.sequence <= after for e in history.entries)

    async def _past(self, end: int, after: int | None, encoder: Encoder) -> Reply:
        """The events of a run that is over."""
        run, records = self._run, self._records
        if after is None:
            beginning = await records.piece_of_past(*run, 0)
            return EventStream(self._hub, encoder, _whole(records, run, beginning))
        if after > end:
            await require_position(self._log, after)
        if after >= end:
            return NoContent()
        return EventStream(self._hub, encoder, _rest(records, run, after))


async def _whole(records: RunHistory, run: RunOf, entries: Sequence[Entry]) -> Backlog:
    """All of a run that is over, piece by piece: of a long one a reader holds no more than that."""
    while entries:
        stretch = of_run(entries, 0)
        yield stretch
        if stretch.end:
            return
        entries = await records.piece_of_past(*run, stretch.position)


async def _rest(records: RunHistory, run: RunOf, after: int) -> Backlog:
    """What follows a position in a run that is over, with the deltas that are still kept."""
    while True:
        page = await records.read_on(*run, after=after, limit=REST_PAGE)
        stretch = of_run(page, after)
        yield stretch
        if len(page) < REST_PAGE or stretch.end:
            return
        after = stretch.position


async def _history_page(records: RunHistory, run: RunOf, after: int, limit: int) -> JsonText:
    wanted = await _next_facts(records, run, after, limit + 1)
    page = [frame(e.sequence, e.data) for e in wanted[:limit]]
    # Facts are JSON as they are stored: they are not read to be written again.
    items = b",".join(
        b'{"id":%d,"event":"%s","data":%s}' % (f.sequence, f.type.encode(), f.data) for f in page
    )
    next_after = b"%d" % page[-1].sequence if len(wanted) > limit else b"null"
    ended = b"true" if len(wanted) <= limit and (end_of(page) or not page) else b"false"
    return JsonText(b'{"items":[%s],"next_after":%s,"ended":%s}' % (items, next_after, ended))


async def _next_facts(records: RunHistory, run: RunOf, after: int, limit: int) -> Sequence[Entry]:
    """The lifecycle facts that come after a position and count, up to so many."""
    end = await records.end_of(*run)
    if end is not None:
        page = await records.page_of_past(*run, after, limit)
        return [entry for entry in page if entry.sequence <= end]
    entries = unvoid(await records.facts(*run))
    return list(islice((entry for entry in entries if entry.sequence > after), limit))
