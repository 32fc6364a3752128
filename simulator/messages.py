"""`POST /v1/messages`: a request understood, and the response its script asks for."""

import json
from dataclasses import dataclass
from hashlib import sha256

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from simulator import ability, binding
from simulator.answer import Answer, Composer
from simulator.attempts import Attempts
from simulator.cache import Cached, PromptCache
from simulator.failure import Failure, Refused, answer, failure_of, invalid
from simulator.journal import Entry, Journal
from simulator.listing import admit
from simulator.marker import script_of, taken_apart
from simulator.plan import plan_of
from simulator.request import MessagesRequest, request_of
from simulator.script import Script
from simulator.stream import Cut, Part, Step, steps_of, told
from simulator.wire import FOR_EVER, Watched, cut, wait

MOST_BODY_BYTES = 32 * 1024 * 1024
TOO_LARGE = Failure(413, "request_too_large", "Request exceeds the maximum size of 32 MB.")
NO_VERSION = invalid("anthropic-version: header is required")
JSON_TYPE = "application/json"
STREAM_TYPE = "text/event-stream; charset=utf-8"
# Failures after which a stream, or an answer without one, was told whole nevertheless.
WHOLE_STREAMS = frozenset({None, "stall", "forever", "hold", "odd"})
WHOLE_ANSWERS = WHOLE_STREAMS | {"json_200"}


@dataclass(frozen=True, slots=True)
class Call:
    """One understood request: what was asked, under which script, and the answer to it."""

    request: MessagesRequest
    script: Script
    answer: Answer
    message_id: str

    def message(self) -> bytes:
        whole = self.answer.message(self.message_id, self.request.model)
        return json.dumps(whole, separators=(",", ":")).encode()


class Messages:
    """The endpoint; it stands behind a Recorder."""

    def __init__(self, journal: Journal, attempts: Attempts, cache: PromptCache) -> None:
        self._journal, self._attempts, self._cache = journal, attempts, cache

    async def respond(self, request: Request) -> Response:
        """The response, after any silence before it.

        Raises: Refused, RequestError, MarkerError, WordsError, when there is no answer;
        ClientDisconnect, when nobody waits for one.
        """
        entry: Entry = request.state.entry
        body = await _body(request)
        self._journal.asked(entry, body)
        _admit(request.headers, body)
        call = self._call(entry, body)
        entry.failure = call.script.failure
        await wait(request, call.script.delay)
        return await _perform(request, call)

    def _call(self, entry: Entry, body: bytes) -> Call:
        request = request_of(body)
        ability.check(request)
        binding.check(request)
        instructions = taken_apart(request.instructions)
        everything = taken_apart(request.user_text)
        digest = sha256(body).hexdigest()
        markers = [*instructions.markers, *everything.markers]
        script = script_of(self._attempts.in_force(markers, digest))
        # The manner follows the words of the instructions, not what a marker says.
        said = Composer(
            request=request.model_copy(update={"system": instructions.text}),
            asked=request,
            script=script,
            text=taken_apart(request.input).text,
            seed=digest,
            cached=self._cache.use(request) if script.status is None else Cached(),
        ).answer()
        return Call(request, script, said, f"msg_{entry.request_id[4:]}")


async def _perform(request: Request, call: Call) -> Response:
    script = call.script
    entry: Entry = request.state.entry
    if script.silent:
        await wait(request, FOR_EVER)
    if script.cut == "before":
        await cut(request, "before")
        await wait(request, FOR_EVER)
    if script.status is not None or (script.error is not None and not call.request.stream):
        return answer(failure_of(script), entry.request_id)
    if not call.request.stream:
        return await _whole(request, call)
    if script.json_200:
        return Response(call.message(), media_type=JSON_TYPE)
    if script.failure in WHOLE_STREAMS:
        entry.ends_as = "completed"
    plan = plan_of(call.answer, call.message_id, call.request.model)
    body = told(request, steps_of(plan, script, entry.request_id), script.ping)
    return Watched(body, media_type=STREAM_TYPE)


async def _whole(request: Request, call: Call) -> Response:
    """Answers without a stream, in the time the stream would take; failures likewise."""
    script, message = call.script, call.message()
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


def _admit(headers: Headers, body: bytes) -> None:
    admit(headers)
    if len(body) > MOST_BODY_BYTES:
        raise Refused(TOO_LARGE)
    if not headers.get("anthropic-version"):
        raise Refused(NO_VERSION)


async def _body(request: Request) -> bytes:
    """The request's body, read to its end but kept only up to the limit.

    Starlette's `max_body_size` would answer a declared length in plain text, not as the API does.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        if size <= MOST_BODY_BYTES:
            parts.append(part)
        size += len(part)
    return b"".join(parts)
