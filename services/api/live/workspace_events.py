"""`GET /events`: the lifecycle of a whole workspace as an event stream that does not end."""

from __future__ import annotations

from services.api.api import Api
from services.api.http.answers import Reply
from services.api.http.requests import Request
from services.api.live.frames import LIFECYCLE_TYPES
from services.api.live.reader import EventStream, Plain
from services.api.live.run_events import form, position, require_position


async def stream_feed(api: Api, request: Request) -> Reply:
    """What follows a position; without one, what happens from now on."""
    after = position(request)
    wording = Plain(form(request, LIFECYCLE_TYPES))
    feed = api.hub.join_feed(api.chronicle, request.workspace)
    answer: Reply | None = None
    try:
        await feed.is_known()
        if after is None:
            after = feed.tape.position
        elif after > feed.tape.position:
            await require_position(api, after)
        backlog = feed.backlog(after)
        answer = EventStream(api.hub, wording, backlog, after=after, watch=feed)
        return answer
    finally:
        if answer is None:
            api.hub.leave(feed)
