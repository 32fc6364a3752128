"""`GET /events`: the lifecycle of a whole workspace as an event stream that does not end."""

from __future__ import annotations

from starlette.requests import Request

from services.api.history.workspace_history import WorkspaceHistory
from services.api.http.answers import Reply
from services.api.http.calls import Calls, Described
from services.api.http.parts import part
from services.api.identity.identity import workspace_of
from services.api.live.asked import FeedReading, LastEventId, position, require_position
from services.api.live.frames import Form
from services.api.live.hub import Hub, TooManyReaders
from services.api.live.reader import EventStream, come_back, headers_only
from services.api.live.tape import RawEncoder
from shared.errors import Unavailable
from shared.log.port import Log

CALLS = Calls("Runs")


@CALLS.get(
    "/api/v1/events",
    "The lifecycle of all runs as an event stream without end",
    answers=(
        Described(200, "The events, but the words of agents", media_type="text/event-stream"),
    ),
    refusals=(TooManyReaders,),
)
async def stream_feed(request: Request, query: FeedReading, headers: LastEventId) -> Reply:
    """Tells what happens to every run of the workspace, without the words of agents.

    From a position on or, without one, from now on. One connection serves a page of many runs; a
    reader that is cut off goes on by its last id and misses nothing.
    """
    try:
        reply = await _feed(request, position(query, headers), query.form)
    except Unavailable as error:
        return come_back(request, error)
    if request.method == "HEAD":
        return headers_only(reply)
    return reply.admitted(workspace_of(request))


async def _feed(request: Request, after: int | None, form: Form) -> EventStream:
    """Raises: BadParameter, Unavailable."""
    hub = part(request, Hub)
    feed = hub.join_feed(part(request, WorkspaceHistory), workspace_of(request))
    answer: EventStream | None = None
    try:
        await feed.is_known()
        if after is None:
            after = feed.tape.position
        elif after > feed.tape.position:
            await require_position(part(request, Log), after)
        answer = EventStream(hub, RawEncoder(form), feed.backlog(after), after=after, watch=feed)
        return answer
    finally:
        if answer is None:
            hub.leave(feed)
