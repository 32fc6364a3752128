"""One watched run: listens for as long as somebody reads, and passes on what the log holds."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager

from services.api.history.source import Source
from services.api.live.frames import Frame, Stretch, end_of, frame
from services.api.live.join import Join, Stored
from services.api.live.opening import (
    Spoken,
    in_flight,
    is_for_readers,
    opening,
    turns_of,
)
from services.api.live.tape import CHUNK_BYTES, Tape
from shared.errors import Unavailable
from shared.log.port import Entry, Gap, Live, LiveFeed
from shared.log.subjects import FINISHED, REQUESTED, is_delta, step_rest
from shared.run.content import Blob
from shared.run.facts import StepTurn
from shared.run.spoken import spoken_in
from shared.run.wire import decode
from shared.runtime.logging import logger
from shared.runtime.metrics import counter

RESYNC_SECONDS = 15.0
PAGE = 1000
_ASK_AGAIN_SECONDS = 0.02
_ASK_TIMES = 50
BACKOFF_SECONDS = 0.5

READ_ON = counter("live_read_on_total", "Times a watched run was read on from the log.", "why")

log = logger()


class Watched(ABC):
    """Shared by all readers of the same: the tape has what follows once it `is_known`.

    `readers` counts who waits for its end too; `was_read` says that its events were streamed.
    """

    ends = True

    def __init__(self, workspace: str, run: str) -> None:
        self.workspace = workspace
        self.run = run
        self.readers = 0
        self.was_read = False
        self.tape = Tape(0)
        self._opened: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._live())

    async def is_known(self) -> bool:
        """Whether there is such a run; waits until that is known.

        Raises: Unavailable.
        """
        return await asyncio.shield(self._opened)

    def close(self) -> None:
        """Nobody reads any more."""
        self._task.cancel()

    def break_off(self) -> None:
        """The service stops: whoever waits for it, or reads it, is to come back elsewhere."""
        self._task.cancel()
        self._fail(Unavailable("the service is stopping; ask again"))

    @abstractmethod
    def _listen(self) -> AbstractAsyncContextManager[LiveFeed]:
        """Facts as they are stored."""

    @abstractmethod
    async def _begin(self) -> Stretch | None:
        """Up to where all is known, now that it is listened; None if there is no such run."""

    @abstractmethod
    async def _read_on(self, join: Join, until: int) -> None:
        """Passes on what is stored behind the position, at least up to a sequence."""

    async def _live(self) -> None:
        try:
            async with self._listen() as feed:
                begun = await self._begin()
                if begun is not None:
                    self.tape.base = self.tape.position = begun.position
                    self.tape.end = begun.end
                self._opened.set_result(begun is not None)
                if begun is not None and begun.end is None:
                    await self._follow(feed)
        except Unavailable as error:
            self._fail(error)
        except asyncio.CancelledError:
            self._opened.cancel()
            raise
        except Exception as error:
            log.exception("watch.failed", run=self.run)
            self._fail(Unavailable(f"the run cannot be watched now ({type(error).__name__})"))

    def _fail(self, error: Unavailable) -> None:
        if not self._opened.done():
            self._opened.set_exception(error)
            self._opened.exception()  # there may be nobody left to ask
        self.tape.break_off()

    async def _follow(self, feed: LiveFeed) -> None:
        join = Join(self.tape.position, self.ends)
        loop = asyncio.get_running_loop()
        resync_at = loop.time() + RESYNC_SECONDS
        while not join.ended:
            items = await _arrived(feed, resync_at)
            await self._pass_on(join.heard(items))
            if loop.time() >= resync_at:
                await self._pass_on(join.heard([Gap("routine")]))
            while join.reads_until is not None:
                await self._read_on(join, join.reads_until)
                resync_at = loop.time() + RESYNC_SECONDS
                await self._pass_on(join.caught_up())

    async def _pass_on(self, items: Sequence[Stored]) -> None:
        """Puts these on the tape, in portions that readers can keep up with."""
        for index, frames in enumerate(_portions(items)):
            if index:
                await asyncio.sleep(0)
            self.tape.add(frames, end_of(frames) if self.ends else None)


class Watch(Watched):
    """A run. `opening()` first; then the tape has what follows.

    `is_for_readers`: the run is to be cancelled when nobody reads it any more.
    """

    def __init__(self, source: Source, workspace: str, run: str) -> None:
        super().__init__(workspace, run)
        self.is_for_readers = False
        self._source = source
        self._opening: Stretch | None = None
        self._one_reads = asyncio.Lock()

    async def opening(self) -> Stretch:
        """What a fresh reader is told; the tape can serve it from there.

        Raises: Unavailable.
        """
        async with self._one_reads:
            kept = self._opening
            if kept is None or not self.tape.reaches(kept.position):
                kept = await read_opening(self._source, self.workspace, self.run)
                if kept is None:
                    raise Unavailable(f"run {self.run} cannot be found now; ask again")
                self._opening = kept
            return kept

    def close(self) -> None:
        super().close()
        self._opening = None

    def _listen(self) -> AbstractAsyncContextManager[LiveFeed]:
        return self._source.live(self.workspace, self.run)

    async def _begin(self) -> Stretch | None:
        self._opening = await read_opening(self._source, self.workspace, self.run)
        if self._opening is not None:
            self.is_for_readers = is_for_readers(self._opening)
        return self._opening

    async def _read_on(self, join: Join, until: int) -> None:
        READ_ON.labels("end" if until else "gap").inc()
        asked = 0
        while True:
            try:
                page = await self._source.read_on(
                    self.workspace, self.run, after=join.position, limit=PAGE
                )
            except Unavailable:
                await asyncio.sleep(BACKOFF_SECONDS)
                continue
            await self._pass_on(join.read(page))
            if len(page) == PAGE:
                continue
            asked += 1
            if join.ended or join.position >= until or asked == _ASK_TIMES:
                return
            await asyncio.sleep(_ASK_AGAIN_SECONDS)


async def _arrived(feed: LiveFeed, resync_at: float) -> list[Live | Gap]:
    """What the feed brings; nothing once it is time to read on in any case."""
    try:
        async with asyncio.timeout_at(resync_at):
            return await feed.next()
    except TimeoutError:
        return []


def _portions(items: Sequence[Stored]) -> Iterator[list[Frame]]:
    portion: list[Frame] = []
    size = 0
    for item in items:
        made = frame(item.sequence, item.data)
        portion.append(made)
        size += len(made.wire)
        if size >= CHUNK_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


async def read_opening(source: Source, workspace: str, run: str) -> Stretch | None:
    """The opening of a run as it stands, or None if it is not there.

    Raises: Unavailable.
    """
    history = await source.history(workspace, run)
    entries = list(history.entries)
    if not any(entry.rest == REQUESTED for entry in entries):
        return None
    after = _unheard_after(entries)
    if after is None:
        return opening(entries, {})
    entries = await _with_deltas(source, workspace, run, entries, after)
    flying = in_flight(entries)
    said = {
        attempt: await spoken(source, workspace, run, turns_of(entries, attempt))
        for attempt in flying
    }
    flown = tuple(attempt.deltas for attempt in flying)
    told = [e for e in entries if not is_delta(e.rest) or e.rest.startswith(flown)]
    begun = opening(told, said)
    return begun if begun.end else begun._replace(position=entries[-1].sequence)


def _unheard_after(entries: Sequence[Entry]) -> int | None:
    """Behind which sequence there may be words that readers are still to be told; None if not.

    Where nothing is in flight that is the last fact: a word that straggles in behind it may be
    older than the subscription, so that only the log has it.
    """
    flying = in_flight(entries)
    if flying:
        return min(flying.values()) - 1
    rests = (step_rest(entry.rest) for entry in entries)
    has_begun = any(rest is not None and rest.word == "started" for rest in rests)
    return entries[-1].sequence if has_begun and entries[-1].rest != FINISHED else None


async def _with_deltas(
    source: Source, workspace: str, run: str, entries: Sequence[Entry], after: int
) -> list[Entry]:
    """The entries and all that stands in the log after `after`, at least up to their last."""
    known = {entry.sequence: entry for entry in entries}
    until, at, asked = entries[-1].sequence, after, 0
    while asked < _ASK_TIMES:
        page = await source.read_on(workspace, run, after=at, limit=PAGE)
        known.update((entry.sequence, entry) for entry in page)
        at = page[-1].sequence if page else at
        if len(page) == PAGE:
            continue
        if at >= until:
            break
        asked += 1
        await asyncio.sleep(_ASK_AGAIN_SECONDS)
    return [known[sequence] for sequence in sorted(known)]


async def spoken(source: Source, workspace: str, run: str, turns: Sequence[Entry]) -> list[Spoken]:
    """The text of these turns. Raises: Unavailable."""
    said = []
    for entry in turns:
        turn = decode(entry.data)
        assert isinstance(turn, StepTurn)
        body = turn.content if turn.text is None else turn.text
        if isinstance(body, Blob):
            found = await source.get_blob(workspace, run, body.blob) or b""
            text = await asyncio.to_thread(_text_of, found, is_content=turn.text is None)
        else:
            text = spoken_in(body) if turn.text is None else body
        said.append(Spoken(entry.sequence, text))
    return said


def _text_of(body: bytes, *, is_content: bool) -> str:
    text = body.decode()
    return spoken_in(text) if is_content else text
