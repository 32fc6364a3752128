"""How a call breaks on the way, whichever provider it was made to.

connection not made, or cut    retryable
not the protocol               retryable; a body that is no stream at all, once
told to ask elsewhere          final: where to ask is the operator's word
"""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx2

from services.agent_worker.providers.causes import Kind, cause
from shared.errors import AttemptFailed
from shared.run.content import Cause
from shared.runtime.logging import logger

CONNECT_SECONDS = 10.0
KEPT_SECONDS = 60.0
REDIRECTED = Kind("redirected", False)
CONNECTION_FAILED = Kind("connection_failed", True)
# How long a message that is over may take to end its response, so that the connection is kept.
FAREWELL_SECONDS = 0.1

log = logger()


class NoStream(Exception):
    """A whole response came, and no message in it."""


class ErrorEvent(Exception):
    """The provider broke its answer off, and says why."""

    def __init__(self, body: object) -> None:
        super().__init__("an error event came")
        self.body = body


TRANSPORT_ERRORS: tuple[type[Exception], ...] = (
    AttemptFailed,
    NoStream,
    ErrorEvent,
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpx2.StreamError,
    json.JSONDecodeError,
    UnicodeDecodeError,
    AssertionError,
)
TIMEOUT = httpx2.Timeout(None, connect=CONNECT_SECONDS)
"""Waiting for an answer is limited by who asks."""


def connections(slots: int) -> httpx2.Limits:
    """As many connections as there are calls, kept while they may be used again."""
    return httpx2.Limits(
        max_connections=None, max_keepalive_connections=slots, keepalive_expiry=KEPT_SECONDS
    )


def transport_cause(error: BaseException, *, attempt: int) -> Cause:
    """Why attempt number `attempt` failed, of an error that is no answer of the provider."""
    match error:
        case AttemptFailed():
            return cause(Kind(error.code, error.retry), str(error), error.retry_after_seconds)
        case httpx2.ConnectTimeout() | httpx2.PoolTimeout():
            return no_connection_in_time()
        case httpx2.InvalidURL() | httpx2.UnsupportedProtocol() | httpx2.LocalProtocolError():
            return cause(Kind("misconfigured", False), f"the model's address is not valid: {error}")
        case httpx2.DecodingError() | json.JSONDecodeError() | UnicodeDecodeError():
            return cause(Kind("bad_stream", True), f"the model's answer could not be read: {error}")
        case httpx2.HTTPError() | httpx2.StreamError():
            lost = f"the connection to the model was lost: {error or type(error).__name__}"
            return cause(Kind("connection_lost", True), lost)
        case NoStream() | AssertionError():
            return no_stream(attempt)
    return cause(Kind("misconfigured", False), f"the model cannot be called: {error}")


def no_connection_in_time() -> Cause:
    return cause(CONNECTION_FAILED, "no connection to the model in time")


def no_connection(error: BaseException) -> Cause:
    why = f": {error.__cause__}" if error.__cause__ and str(error.__cause__) else ""
    return cause(CONNECTION_FAILED, f"no connection to the model{why}")


def no_stream(attempt: int) -> Cause:
    unexpected = "expected a stream of events from the model, found something else"
    return cause(Kind("bad_response", attempt < 2), unexpected)


def redirected(response: httpx2.Response, setting: str) -> Cause:
    """The provider sends requests elsewhere; `setting` is where its address stands."""
    # Where to is told without its query, which may hold what is nobody's business.
    where = response.headers.get("location", "").partition("?")[0]
    elsewhere = f" to {where}" if where else ""
    return cause(
        REDIRECTED,
        f"the model's address sends requests elsewhere ({response.status_code}{elsewhere}): "
        f"set {setting} to where the provider is",
    )


async def farewell(pieces: AsyncIterator[bytes]) -> None:
    """Reads the end of a response whose message is over; what comes, or not, is passed over."""
    try:
        async with asyncio.timeout(FAREWELL_SECONDS):
            async for _ in pieces:
                pass
    except (TimeoutError, httpx2.HTTPError, httpx2.StreamError, AssertionError):
        log.info("model.connection_held")
