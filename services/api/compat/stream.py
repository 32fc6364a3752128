"""`GET /api/pipeline/run/{id}/stream`: a run as updates, resumable, closed at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.api.api import Api
from services.api.compat.updates import STATUSES, Result, Turns, Update, Updates, frame
from services.api.http.answers import Answer, Reply, text_answer
from services.api.http.problems import Refused, Unauthorized, headers_of, tellable
from services.api.http.requests import Request
from services.api.live.frames import End, Frame
from services.api.live.opening import Attempt, turns_of
from services.api.live.run_events import RunOf, follow, position
from services.api.live.tape import Tape
from services.api.live.watch import spoken
from services.api.runs.attempts import total
from services.api.runs.views import RunRead, read_run, text_of
from shared.errors import NotFound
from shared.run import facts as f
from shared.run import status_of
from shared.run.content import Blob, ContentRef
from shared.run.wire import UnknownFact, decode

WORDS: Mapping[type[Exception], str] = {Unauthorized: "Unauthorized", NotFound: "Run not found"}


async def stream_updates(api: Api, request: Request) -> Reply:
    """A fresh reader hears the run from its beginning, one with a last id what follows that."""
    run = RunOf(request.workspace, request.id("run_id", "run"))
    after = position(request)
    read = await read_run(api, *run)
    updates = Updates(read.flow)
    if after is None:
        status = STATUSES[status_of(read.state)]
        if status != "pending":
            updates = Updates(read.flow, status, unstarted=not read.state.started)
    else:
        _take_up(updates, read, after)
    return await follow(api, run, after, Telling(api, run, updates))


async def require_run(api: Api, request: Request) -> Reply:
    raise Refused("Run ID required")


def refusal(error: Exception) -> Answer:
    """A refusal as text."""
    told = tellable(error)
    return text_answer(told.status, WORDS.get(type(told), str(told)), headers_of(told))


class Telling:
    """Words the frames of one run as updates for one reader."""

    def __init__(self, api: Api, run: RunOf, updates: Updates) -> None:
        self._api = api
        self._run = run
        self._updates = updates

    async def told(self, frames: Sequence[Frame]) -> bytes:
        parts: list[bytes] = []
        for made in frames:
            try:
                fact = decode(made.data)
            except UnknownFact:
                continue  # of a later version: nothing these clients could know
            updates = self._updates.after(made.sequence, fact)
            parts += [frame(update, await self._text(update)) for update in updates]
        return b"".join(parts)

    async def taken(self, tape: Tape, after: int) -> tuple[bytes, int]:
        frames = tape.cut(after)
        return await self.told(frames), frames[-1].sequence if frames else after

    def ending(self, end: End) -> bytes:
        return b""

    async def _text(self, update: Update) -> Mapping[str, object]:
        match update.later:
            case None:
                return {}
            case str(text):
                return {"output": text}
            case Blob(blob=sha256):
                return {"output": (await self._api.records.blob(*self._run, sha256)).decode()}
            case Turns():
                return {"text": await self._turns(update.later)}
            case Result():
                return await self._result()

    async def _turns(self, wanted: Turns) -> str:
        entries = await self._api.records.facts(*self._run)
        turns = turns_of(entries, Attempt(str(wanted.step), str(wanted.attempt)))
        earlier = [turn for turn in turns if turn.sequence < wanted.before]
        return "".join(each.text for each in await spoken(self._api.log, *self._run, earlier))

    async def _result(self) -> Mapping[str, object]:
        read = await read_run(self._api, *self._run)
        assert isinstance(read.state.ended, f.RunCompleted)
        refs = [ContentRef(step=r.step, attempt=r.attempt) for r in read.state.ended.result]
        used = total(each.usage for attempts in read.attempts.values() for each in attempts)
        usage = {_camel(name): count for name, count in used.model_dump().items()}
        return {"finalOutput": await text_of(self._api, read, refs), "usage": usage}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _take_up(updates: Updates, read: RunRead, after: int) -> None:
    """Brings the telling to where the reader was: deltas change nothing in it."""
    for recorded in read.recorded:
        if recorded.sequence <= after:
            for _ in updates.after(recorded.sequence, recorded.fact):
                pass
