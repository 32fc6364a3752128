"""`POST /v1/messages`: one call from its body to its last byte, recorded in the journal."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from simulator.answer import Answer, Composer
from simulator.attempts import Attempts
from simulator.failure import Failure, failure_of, invalid
from simulator.journal import Entry, Journal
from simulator.marker import MarkerError, script_of, taken_apart
from simulator.meters import Meters
from simulator.plan import plan_of
from simulator.request import MessagesRequest, RequestError, request_of
from simulator.script import Script
from simulator.stream import FOR_EVER, silence, stream
from simulator.wire import Wire, transport_of, until_gone
from simulator.words import WordsError

MOST_BODY_BYTES = 32 * 1024 * 1024
TOO_LARGE = Failure(413, "request_too_large", "Request exceeds the maximum size of 32 MB.")
NO_KEY = Failure(401, "authentication_error", "x-api-key header is required")
NO_VERSION = invalid("anthropic-version: header is required")
JSON_TYPE = "application/json"
STREAM_TYPE = "text/event-stream; charset=utf-8"


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
    """The endpoint, as an ASGI application."""

    def __init__(self, journal: Journal, attempts: Attempts, meters: Meters) -> None:
        self._journal, self._attempts, self._meters = journal, attempts, meters
        self._process = token_hex(6)
        self._count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        self._count += 1
        request_id = f"req_{self._process}{self._count:08x}"
        entry = self._journal.open(request_id, _key(headers))
        wire = Wire(send, entry, transport_of(scope))
        with self._meters.call(entry):
            body = await _body(receive)
            if body is None:
                entry.end("client_gone")
                return
            gone = await until_gone(self._respond(wire, headers, body), receive)
            entry.end("client_gone" if gone is not None else "error", gone)

    async def _respond(self, wire: Wire, headers: Headers, body: bytes) -> None:
        self._journal.asked(wire.entry, body)
        refused = _refused(headers, body)
        call = refused or self._call(wire.entry, body)
        if isinstance(call, Failure):
            wire.entry.failure = call.type
            await _fail(wire, call)
            return
        wire.entry.failure = call.script.failure
        await silence(call.script.delay, wire, None)
        if await _perform(wire, call):
            wire.entry.end("completed")

    def _call(self, entry: Entry, body: bytes) -> Call | Failure:
        try:
            request = request_of(body)
            instructions = taken_apart(request.instructions)
            everything = taken_apart(request.user_text)
            digest = sha256(body).hexdigest()
            markers = [*instructions.markers, *everything.markers]
            script = script_of(self._attempts.in_force(markers, digest))
            # The manner follows the words of the instructions, not what a marker says.
            spoken = request.model_copy(update={"system": instructions.text})
            answer = Composer(spoken, script, taken_apart(request.input).text, digest).answer()
        except (RequestError, MarkerError, WordsError) as error:
            return invalid(str(error))
        return Call(request, script, answer, f"msg_{entry.request_id[4:]}")


async def _perform(wire: Wire, call: Call) -> bool:
    """Answers as the script says; True if the answer was told whole."""
    script = call.script
    if script.silent:
        await silence(FOR_EVER, wire, None)
    if script.cut == "before":
        await wire.cut("before")
        return False
    if script.status is not None or (script.error is not None and not call.request.stream):
        await _fail(wire, failure_of(script))
        return False
    if not call.request.stream:
        return await _tell_whole(wire, call)
    if script.json_200:
        await _send(wire, call.message(), JSON_TYPE)
        return False
    await wire.start(200, _headers(wire, STREAM_TYPE))
    return await stream(wire, plan_of(call.answer, call.message_id, call.request.model), script)


async def _tell_whole(wire: Wire, call: Call) -> bool:
    """Answers without a stream, in the time the stream would take; failures likewise."""
    script, message = call.script, call.message()
    deltas = sum(len(block.deltas) for block in call.answer.blocks)
    await silence(script.sleep + (deltas / script.rate if script.rate else 0), wire, None)
    if script.forever or script.stall is not None:
        await silence(script.stall or FOR_EVER, wire, None)
    half = message[: len(message) // 2]
    if script.cut is not None:
        headers = _headers(wire, JSON_TYPE) | {"content-length": str(len(message))}
        await wire.start(200, headers)
        await wire.body(half)
        await wire.cut(script.cut)
        return False
    is_broken = script.broken_json or script.end is not None
    await _send(wire, half if is_broken else message, JSON_TYPE)
    return not is_broken


async def _fail(wire: Wire, failure: Failure) -> None:
    body = failure.body(wire.entry.request_id)
    await _send(wire, body, JSON_TYPE, status=failure.status, headers=failure.headers)


async def _send(
    wire: Wire,
    body: bytes,
    content_type: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> None:
    length = {"content-length": str(len(body))}
    await wire.start(status, {**_headers(wire, content_type), **length, **(headers or {})})
    await wire.body(body)
    await wire.finish()


def _headers(wire: Wire, content_type: str) -> dict[str, str]:
    return {
        "content-type": content_type,
        "cache-control": "no-cache",
        "request-id": wire.entry.request_id,
    }


def _key(headers: Headers) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    return headers.get("x-api-key", "").strip() or bearer or None


def _refused(headers: Headers, body: bytes) -> Failure | None:
    if _key(headers) is None:
        return NO_KEY
    if len(body) > MOST_BODY_BYTES:
        return TOO_LARGE
    return None if headers.get("anthropic-version") else NO_VERSION


async def _body(receive: Receive) -> bytes | None:
    """The request's body, read to its end but kept only up to the limit; None: hung up."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part, more = message.get("body", b""), message.get("more_body", False)
        if size <= MOST_BODY_BYTES:
            parts.append(part)
        size += len(part)
    return b"".join(parts)
