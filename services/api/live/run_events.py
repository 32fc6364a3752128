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
from typing import NamedTuple

from services.api.api import Api
from services.api.http.answers import JSON_TYPE, Answer, Reply
from services.api.http.problems import BadParameter
from services.api.http.requests import Request
from services.api.live.frames import TERMINAL_REST, TYPES, Backlog, Form, end_of, frame
from services.api.live.opening import unvoid
from services.api.live.reader import EventStream, Plain, Wording, of_run, read_on, told
from services.api.live.tape import Tape
from shared.errors import NotFound
from shared.log.port import Entry

_LARGEST = 2**63 - 1
# Facts have up to 64 KiB of text each.
REST_PAGE = 200


class RunOf(NamedTuple):
    """A run, and whose it is."""

    workspace: str
    run: str


async def stream_events(api: Api, request: Request) -> Reply:
    run = request.id("run_id", "run")
    after = position(request)
    if "application/json" in (request.header(b"accept") or ""):
        return await _history_page(api, request, run, after or 0)
    return await follow(api, RunOf(request.workspace, run), after, Plain(form(request, TYPES)))


async def follow(api: Api, run: RunOf, after: int | None, wording: Wording) -> Reply:
    """A run as an event stream, from its beginning or after a position; 204 behind its end.

    Raises: NotFound, BadParameter, Unavailable.
    """
    if not api.hub.is_watched(*run) and (end := await api.records.end_of(*run)) is not None:
        return await _past(api, run, end, after, wording)
    watch = api.hub.join(*run)
    answer: Reply | None = None
    try:
        if not await watch.is_known():
            raise _unknown(run.run)
        if after is None:
            begun = await watch.opening()
            answer = EventStream(api.hub, wording, told(begun), watch=watch)
        else:
            if await _is_behind_end(api, run, watch.tape, after):
                return Answer(204)
            backlog = read_on(api.records, watch, after)
            answer = EventStream(api.hub, wording, backlog, after=after, watch=watch)
        return answer
    finally:
        if answer is None:
            api.hub.leave(watch)


async def _is_behind_end(api: Api, run: RunOf, tape: Tape, after: int) -> bool:
    """Whether the reader has heard all there is, though perhaps not from this process.

    Raises: BadParameter, Unavailable.
    """
    if after <= tape.position:
        return tape.end is not None and after >= tape.end.sequence
    await require_position(api, after)
    history = await api.records.history(*run)
    return any(e.rest == TERMINAL_REST and e.sequence <= after for e in history.entries)


async def _past(api: Api, run: RunOf, end: int, after: int | None, wording: Wording) -> Reply:
    """The events of a run that is over."""
    if after is None:
        beginning = await api.records.piece_of_past(*run, 0)
        return EventStream(api.hub, wording, _whole(api, run, beginning))
    if after > end:
        await require_position(api, after)
    if after >= end:
        return Answer(204)
    return EventStream(api.hub, wording, _rest(api, run, after))


async def _whole(api: Api, run: RunOf, entries: Sequence[Entry]) -> Backlog:
    """All of a run that is over, piece by piece: of a long one a reader holds no more than that."""
    while entries:
        stretch = of_run(entries, 0)
        yield stretch
        if stretch.end:
            return
        entries = await api.records.piece_of_past(*run, stretch.position)


async def _rest(api: Api, run: RunOf, after: int) -> Backlog:
    """What follows a position in a run that is over, with the deltas that are still kept."""
    while True:
        page = await api.records.read_on(*run, after=after, limit=REST_PAGE)
        stretch = of_run(page, after)
        yield stretch
        if len(page) < REST_PAGE or stretch.end:
            return
        after = stretch.position


def _unknown(run: str) -> NotFound:
    return NotFound(f"There is no run {run!r} in this workspace.")


async def _history_page(api: Api, request: Request, run: str, after: int) -> Answer:
    limit = request.number("limit", default=200, least=1, most=1000)
    wanted = await _next_facts(api, RunOf(request.workspace, run), after, limit + 1)
    page = [frame(e.sequence, e.data) for e in wanted[:limit]]
    items = b",".join(
        b'{"id":%d,"event":"%s","data":%s}' % (f.sequence, f.type.encode(), f.data) for f in page
    )
    next_after = b"%d" % page[-1].sequence if len(wanted) > limit else b"null"
    ended = b"true" if len(wanted) <= limit and (end_of(page) or not page) else b"false"
    body = b'{"items":[%s],"next_after":%s,"ended":%s}' % (items, next_after, ended)
    return Answer(200, body, [(b"content-type", JSON_TYPE)])


async def _next_facts(api: Api, run: RunOf, after: int, limit: int) -> Sequence[Entry]:
    """The lifecycle facts that come after a position and count, up to so many."""
    end = await api.records.end_of(*run)
    if end is not None:
        page = await api.records.page_of_past(*run, after, limit)
        return [entry for entry in page if entry.sequence <= end]
    entries = unvoid(await api.records.facts(*run))
    return list(islice((entry for entry in entries if entry.sequence > after), limit))


def position(request: Request) -> int | None:
    """The sequence to go on from; the header, which a browser keeps current, comes first."""
    text = request.header(b"last-event-id") or request.query.get("after")
    if not text:
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20 and int(text) <= _LARGEST):
        raise BadParameter(f"expected the id of an event to go on from, came {text[:40]!r}")
    return max(int(text), 0)


async def require_position(api: Api, after: int) -> None:
    """Raises: BadParameter, if the log has not given this sequence yet."""
    last = await api.log.last_sequence()
    if after > last:
        raise BadParameter(f"expected a position up to the end of the log, {last}; came {after}")


def form(request: Request, known: frozenset[str]) -> Form:
    """How the reader wants its frames, of these types. Raises: BadParameter."""
    unnamed = request.query.get("unnamed", "") in ("1", "true")
    wanted = request.query.get("types")
    if wanted is None:
        return Form(None, unnamed)
    types = frozenset(filter(None, (part.strip() for part in wanted.split(","))))
    if unknown := sorted(types - known):
        expected, came = ", ".join(sorted(known)), ", ".join(unknown)[:200]
        raise BadParameter(f"expected types among {expected}; came {came}")
    return Form(types, unnamed)
