"""The egress guard beneath the protocol: what of a call is bounded, and what went wrong there.

    MCP SDK --request--> Wire --request--> GuardedTransport
                          | counts requests and bytes, and ends the call where it may not go on

The SDK tries again, and tells of a failure in words of its own. So what ends a call is written down
here, and the call is ended from here: the SDK only sees that it was cancelled.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, NoReturn

import anyio
import httpx2

from services.agent_worker.egress import (
    EgressError,
    EgressRefused,
    GuardedTransport,
    failed_at,
    parsed,
    target_of,
)
from services.agent_worker.tools.mcp.failures import McpFailed

MOST_REQUESTS: Final = 300  # of one call, those for pages of a listing among them
LARGEST_REFUSAL: Final = 64 << 10  # bytes of an answer that is no success
_TYPES = ("application/json", "text/event-stream")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer to a message that is none of the protocol."""

    status: int
    media_type: str
    excerpt: str


class Wire(httpx2.AsyncBaseTransport):
    """The transport of one call; `stop` ends that call. Closing it closes nothing beneath.

    `failure` is what ended the call, if it was ended here. `refusal` is the last answer to a
    message, if that was none of the protocol.
    """

    def __init__(self, transport: GuardedTransport, stop: Callable[[], None]) -> None:
        self.failure: McpFailed | None = None
        self.refusal: Refusal | None = None
        self._transport = transport
        self._stop = stop
        self._requests = 0
        self._left = self._allowed = 0

    def allow(self, size_bytes: int) -> None:
        """So many bytes may come from now on."""
        self._left = self._allowed = size_bytes

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self._requests += 1
        if self._requests > MOST_REQUESTS:
            message = f"expected at most {MOST_REQUESTS} requests for a call, got more"
            await self._end("too_many_requests", message)
        response = await self._sent(request)
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("", "identity"):
            await response.aclose()
            await self._end("not_mcp", "expected an answer without Content-Encoding, got one")
        if request.method == "POST" and response.status_code != 202:
            return await self._seen(response)
        return self._with(response, _Stream(self._bounded(response), response))

    async def _sent(self, request: httpx2.Request) -> httpx2.Response:
        is_message = request.method == "POST"  # others are for what may come besides
        try:
            return await self._transport.handle_async_request(request)
        except EgressRefused as error:
            await self._end(error.code, str(error))
        except EgressError as error:
            await self._end("unreachable", str(error))
        except httpx2.HTTPError as error:
            if not is_message:
                raise
            target = target_of(parsed(str(request.url)))
            await self._end("unreachable", str(failed_at(target, error)))

    async def _seen(self, response: httpx2.Response) -> httpx2.Response:
        """The answer, after a look at what it is."""
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        is_success = 200 <= response.status_code < 300
        if is_success and media_type in _TYPES:
            self.refusal = None
            return self._with(response, _Stream(self._bounded(response), response))
        body = await self._beginning(response)
        is_protocol = media_type == _TYPES[0] and _is_error(body)
        excerpt = body.decode(errors="replace")
        self.refusal = None if is_protocol else Refusal(response.status_code, media_type, excerpt)
        return self._with(response, httpx2.ByteStream(body))

    async def _beginning(self, response: httpx2.Response) -> bytes:
        found = bytearray()
        try:
            async with aclosing(self._bounded(response)) as chunks:
                async for chunk in chunks:
                    found += chunk
                    if len(found) > LARGEST_REFUSAL:
                        break
        except httpx2.HTTPError:
            pass  # what came until then says enough
        finally:
            await response.aclose()
        return bytes(found[:LARGEST_REFUSAL])

    async def _bounded(self, response: httpx2.Response) -> AsyncGenerator[bytes]:
        """What comes, as long as so much may come."""
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        async for chunk in response.stream:
            self._left -= len(chunk)
            if self._left < 0:
                message = f"expected an answer of at most {self._allowed:,} bytes, got more"
                await self._end("answer_too_large", message)
            yield chunk

    def _with(self, response: httpx2.Response, stream: httpx2.AsyncByteStream) -> httpx2.Response:
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=stream,
            extensions=response.extensions,
        )

    async def _end(self, code: str, message: str) -> NoReturn:
        self.failure = self.failure or McpFailed(code, message)
        self._stop()
        await anyio.sleep_forever()  # which is where it is cancelled
        raise AssertionError("a call that was ended went on")


class _Stream(httpx2.AsyncByteStream):
    """The body of an answer; closing it closes the connection."""

    def __init__(self, chunks: AsyncIterator[bytes], response: httpx2.Response) -> None:
        self._chunks = chunks
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._chunks:
            yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()


def _is_error(body: bytes) -> bool:
    """It is an error of JSON-RPC."""
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and isinstance(found.get("error"), dict)
