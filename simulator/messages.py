"""A call of a model: a request understood, and the response its script asks for.

`Messages` is the dialect of `POST /v1/messages`, simulator.openai has another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple, Protocol

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
from simulator.plan import Plan, plan_of
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
    """One understood request: under which script, and the answer to it in its dialect."""

    is_streamed: bool
    script: Script
    answer: Answer
    plan: Plan
    message: bytes


class Dialect(Protocol):
    """What is its own of an API: how it is asked, how it answers, and how it refuses."""

    def admit(self, headers: Headers) -> None:
        """Raises: Refused."""
        ...

    def request_of(self, body: bytes) -> MessagesRequest:
        """The request as one of the Messages API. Raises: RequestError, Refused."""
        ...

    def call(self, request: MessagesRequest, body: bytes, said: Said) -> Call:
        """The answer in all its forms."""
        ...

    def refuse(self, script: Script, request_id: str) -> Response:
        """The error that the script asks for."""
        ...


class Said(NamedTuple):
    """What is answered, under which script, to the request of this id."""

    answer: Answer
    script: Script
    request_id: str


class Endpoint:
    """The endpoint of a dialect; it stands behind a Recorder."""

    def __init__(self, dialect: Dialect, memory: Memory) -> None:
        self._dialect, self._memory = dialect, memory

    async def respond(self, request: Request) -> Response:
        """The response, after any silence before it.

        Raises: Refused, RequestError, MarkerError, WordsError, when there is no answer;
        ClientDisconnect, when nobody waits for one.
        """
        entry: Entry = request.state.entry
        body = await _body(request)
        self._memory.journal.asked(entry, body)
        admit(request.headers)
        if len(body) > MOST_BODY_BYTES:
            raise Refused(TOO_LARGE)
        self._dialect.admit(request.headers)
        asked = self._dialect.request_of(body)
        call = self._dialect.call(asked, body, self._said(entry, asked, body))
        entry.failure = call.script.failure
        await wait(request, call.script.delay)
        return await _perform(request, call, self._dialect)

    def _said(self, entry: Entry, request: MessagesRequest, body: bytes) -> Said:
        memory = self._memory
        instructions = taken_apart(request.instructions)
        everything = taken_apart(request.user_text)
        digest = sha256(body).hexdigest()
        markers = [*instructions.markers, *everything.markers]
        script = script_of(memory.attempts.in_force(markers, digest))
        # The manner follows the words of the instructions, not what a marker says.
        answer = Composer(
            request=request.model_copy(update={"system": instructions.text}),
            asked=request,
            script=script,
            text=taken_apart(request.input).text,
            seed=digest,
            cached=memory.cache.use(request) if script.status is None else Cached(),
        ).answer()
        return Said(answer, script, entry.request_id)


class Memory(NamedTuple):
    """What the endpoints of a simulator share."""

    journal: Journal
    attempts: Attempts
    cache: PromptCache


class Messages:
    """The dialect of the Messages API."""

    def admit(self, headers: Headers) -> None:
        if not headers.get("anthropic-version"):
            raise Refused(NO_VERSION)

    def request_of(self, body: bytes) -> MessagesRequest:
        request = request_of(body)
        ability.check(request)
        binding.check(request)
        return request

    def call(self, request: MessagesRequest, body: bytes, said: Said) -> Call:
        identity = f"msg_{said.request_id[4:]}"
        whole = said.answer.message(identity, request.model)
        message = json.dumps(whole, separators=(",", ":")).encode()
        plan = plan_of(said.answer, identity, request.model)
        return Call(request.stream, said.script, said.answer, plan, message)

    def refuse(self, script: Script, request_id: str) -> Response:
        return answer(failure_of(script), request_id)


async def _perform(request: Request, call: Call, dialect: Dialect) -> Response:
    script = call.script
    entry: Entry = request.state.entry
    if script.silent:
        await wait(request, FOR_EVER)
    if script.cut == "before":
        await cut(request, "before")
        await wait(request, FOR_EVER)
    if script.status is not None or (script.error is not None and not call.is_streamed):
        return dialect.refuse(script, entry.request_id)
    if not call.is_streamed:
        return await _whole(request, call)
    if script.json_200:
        return Response(call.message, media_type=JSON_TYPE)
    if script.failure in WHOLE_STREAMS:
        entry.ends_as = "completed"
    steps = steps_of(call.plan, script, entry.request_id)
    body = told(request, steps, script.ping, call.plan.ping)
    return Watched(body, media_type=STREAM_TYPE)


async def _whole(request: Request, call: Call) -> Response:
    """Answers without a stream, in the time the stream would take; failures likewise."""
    script, message = call.script, call.message
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

    Starlette's `max_body_size` would answer a declared length in plain text, not as the API does.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        if size <= MOST_BODY_BYTES:
            parts.append(part)
        size += len(part)
    return b"".join(parts)
