"""The call that answers a prompt: a request understood, and the response its script asks for."""

from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from simulator.http.dialect import Call, Dialect, answer
from simulator.http.journal import Entry, Journal
from simulator.http.stream import Cut, Part, Pings, Step, steps_of, told
from simulator.http.wire import FOR_EVER, Watched, cut, wait
from simulator.markers.attempts import Attempts
from simulator.markers.marker import script_of, taken_apart
from simulator.speech.answer import Composer
from simulator.speech.usage import Cached

MOST_BODY_BYTES = 32 * 1024 * 1024
JSON_TYPE = "application/json"
STREAM_TYPE = "text/event-stream; charset=utf-8"
# Failures after which a stream, or an answer without one, was told whole nevertheless.
WHOLE_STREAMS = frozenset({None, "stall", "forever", "hold", "odd"})
WHOLE_ANSWERS = WHOLE_STREAMS | {"json_200"}


class Endpoint:
    """One dialect's endpoint; it stands behind a Recorder."""

    def __init__(self, dialect: Dialect, journal: Journal, attempts: Attempts) -> None:
        self._dialect, self._journal, self._attempts = dialect, journal, attempts

    async def respond(self, request: Request) -> Response:
        """The response, after any silence before it.

        Raises: Refused, RequestError, MarkerError, WordsError, when there is no answer;
        ClientDisconnect, when nobody waits for one.
        """
        entry: Entry = request.state.entry
        body = await _body(request)
        self._journal.asked(entry, body)
        self._dialect.admit(request.headers, len(body))
        call = self._call(entry, body)
        entry.failure = call.script.failure
        await wait(request, call.script.delay)
        return await self._perform(request, call)

    def _call(self, entry: Entry, body: bytes) -> Call:
        request = self._dialect.request_of(body)
        instructions = taken_apart(request.instructions)
        everything = taken_apart(request.user_text)
        digest = sha256(body).hexdigest()
        markers = [
            marker
            for marker in (*instructions.markers, *everything.markers)
            if marker.turn in (None, request.turn)
        ]
        script = script_of(self._attempts.in_force(markers, digest))
        # The manner follows the words of the instructions, not what a marker says.
        said = Composer(
            request=request.model_copy(update={"system": instructions.text}),
            asked=request,
            script=script,
            text=taken_apart(request.input).text,
            seed=digest,
            cached=self._dialect.cached(request) if script.status is None else Cached(),
        ).answer()
        return Call(request, script, said, entry.request_id)

    async def _perform(self, request: Request, call: Call) -> Response:
        script, dialect = call.script, self._dialect
        entry: Entry = request.state.entry
        if script.silent:
            await wait(request, FOR_EVER)
        if script.cut == "before":
            await cut(request, "before")
            await wait(request, FOR_EVER)
        if script.status is not None or (script.error is not None and not call.request.stream):
            return answer(dialect, dialect.failure_of(script), entry.request_id)
        if not call.request.stream:
            return await _whole(request, call, dialect.message(call))
        if script.json_200:
            return Response(dialect.message(call), media_type=JSON_TYPE)
        if script.failure in WHOLE_STREAMS:
            entry.ends_as = "completed"
        plan = dialect.plan(call)
        pings = None if script.ping is None else Pings(plan.ping, script.ping)
        return Watched(told(request, steps_of(plan, script), pings), media_type=STREAM_TYPE)


async def _whole(request: Request, call: Call, message: bytes) -> Response:
    """Answers without a stream, in the time the stream would take; failures likewise."""
    script = call.script
    entry: Entry = request.state.entry
    deltas = sum(len(block.deltas) for block in call.answer.blocks)
    await wait(request, script.sleep + (deltas / script.rate if script.rate else 0))
    if script.forever or script.stall is not None:
        await wait(request, script.stall or FOR_EVER)
    half = message[: len(message) // 2]
    if script.cut is not None:
        steps: list[Step] = [Part(half), Cut(script.cut)]
        length = {"content-length": str(len(message))}
        return Watched(told(request, steps), headers=length, media_type=JSON_TYPE)
    if script.failure not in WHOLE_ANSWERS:
        return Response(half, media_type=JSON_TYPE)
    entry.ends_as = "completed"
    return Response(message, media_type=JSON_TYPE)


async def _body(request: Request) -> bytes:
    """The request's body, read to its end but kept only up to the limit.

    Starlette's `max_body_size` would answer a declared length in plain text, not as an API does.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        if size <= MOST_BODY_BYTES:
            parts.append(part)
        size += len(part)
    return b"".join(parts)
