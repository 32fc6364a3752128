"""`GET /api/pipeline/run/{id}/stream`: a run as updates, resumable, closed at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from services.api.compat.updates import STATUSES, Result, Turns, Update, Updates, frame
from services.api.history.run_history import RunHistory
from services.api.http.answers import Reply, Text
from services.api.http.calls import Calls, Described, Refusing
from services.api.http.parameters import Ticketed, id_of
from services.api.http.parts import part
from services.api.http.problems import Refused, Unauthorized, headers_of, tellable
from services.api.http.work import AT_ONCE_BYTES, off_loop
from services.api.identity.identity import workspace_of
from services.api.live.asked import LastEventId, Position
from services.api.live.frames import End, Frame
from services.api.live.opening import turns_of
from services.api.live.reader import come_back
from services.api.live.run_events import RunOf, follow
from services.api.live.tape import Tape
from services.api.live.watch import spoken
from services.api.runs.reading import RunRead, RunReader, result_refs
from services.api.runs.views import usage_of
from shared.errors import NotFound, Unavailable
from shared.log.subjects import StepKey
from shared.run import facts as f
from shared.run import status_of
from shared.run.content import Blob
from shared.run.wire import UnknownFact, decode

WORDS: Mapping[type[Exception], str] = {Unauthorized: "Unauthorized", NotFound: "Run not found"}


CALLS = Calls("Aliases")


def refusal(error: Exception) -> Response:
    """A refusal as text."""
    told = tellable(error)
    return Text(WORDS.get(type(told), str(told)), told.status, headers_of(told))


BY_TEXT = Refusing(refusal, "text/plain")


class UpdatesReading(Ticketed):
    """From where on a run is told."""

    after: Position = Field(
        None, description="the id of the last event known: what follows is told"
    )


@CALLS.get(
    "/api/pipeline/run/{run_id}/stream",
    "A run as the event stream of another tool",
    answers=(
        Described(200, "status, step_start, text_delta, ...", media_type="text/event-stream"),
        Described(204, "The run has ended, and everything was told"),
    ),
    access="ticket",
    refusing=BY_TEXT,
)
async def stream_updates(request: Request, query: UpdatesReading, headers: LastEventId) -> Reply:
    """Tells a run from its beginning, or to a reader with a last id what follows that."""
    run = RunOf(workspace_of(request), id_of(request, "run_id", "run"))
    after = query.after if headers.last_event_id is None else headers.last_event_id
    reader = part(request, RunReader)
    try:
        read = await reader.read(*run)
    except Unavailable as error:
        return come_back(request, error)
    updates = Updates(read.flow)
    if after is None:
        status = STATUSES[status_of(read.state)]
        if status != "pending":
            updates = Updates(read.flow, status, unstarted=not read.state.started)
    else:
        _take_up(updates, read, after)
    encoder = UpdatesEncoder(part(request, RunHistory), reader, run, updates)
    return await follow(request, run, after, encoder)


@CALLS.get(
    "/api/pipeline/run//stream", "Refused: no run is named", refusing=BY_TEXT, described=False
)
async def require_run(request: Request) -> Response:
    """Says what is missing."""
    raise Refused("Run ID required")


class UpdatesEncoder:
    """The frames of one run as updates for one reader."""

    def __init__(
        self, records: RunHistory, reader: RunReader, run: RunOf, updates: Updates
    ) -> None:
        self._records = records
        self._reader = reader
        self._run = run
        self._updates = updates

    async def encode(self, frames: Sequence[Frame]) -> bytes:
        parts: list[bytes] = []
        for made in frames:
            try:
                fact = decode(made.data)
            except UnknownFact:
                continue  # of a later version: nothing these clients could know
            updates = self._updates.after(made.sequence, fact)
            for update in updates:
                more = await self._text(update)
                sizes = (sum(map(len, each)) for each in more.values() if isinstance(each, tuple))
                small = sum(sizes) <= AT_ONCE_BYTES
                parts.append(await off_loop(small, partial(frame, update, more)))
        return b"".join(parts)

    async def encode_next(self, tape: Tape, after: int) -> tuple[bytes, int]:
        frames = tape.cut(after)
        return await self.encode(frames), frames[-1].sequence if frames else after

    def encode_end(self, end: End) -> bytes:
        return b""

    async def _text(self, update: Update) -> Mapping[str, object]:
        match update.later:
            case None:
                return {}
            case str(text):
                return {"output": text}
            case Blob(blob=sha256):
                return {"output": (await self._records.blob(*self._run, sha256),)}
            case Turns():
                return {"text": await self._turns(update.later)}
            case Result():
                return await self._result()

    async def _turns(self, wanted: Turns) -> str:
        entries = await self._records.facts(*self._run)
        turns = turns_of(entries, StepKey(wanted.step, wanted.attempt))
        earlier = [turn for turn in turns if turn.sequence < wanted.before]
        return "".join(each.text for each in await spoken(self._records, *self._run, earlier))

    async def _result(self) -> Mapping[str, object]:
        read = await self._reader.read(*self._run)
        assert isinstance(read.state.ended, f.RunCompleted)
        refs = result_refs(read.state.ended.result)
        used = usage_of(read.attempts).model_dump()
        usage = {_camel(name): count for name, count in used.items()}
        return {"finalOutput": tuple(await self._reader.text_of(read, refs)), "usage": usage}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _take_up(updates: Updates, read: RunRead, after: int) -> None:
    """Brings the telling to where the reader was: deltas change nothing in it."""
    for recorded in read.recorded:
        if recorded.sequence <= after:
            for _ in updates.after(recorded.sequence, recorded.fact):
                pass
