"""One call to the outside: checked at each redirect, bounded in bytes and in time."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

import httpx2

from services.agent_worker.egress.errors import (
    EgressFailed,
    EgressRefused,
    EgressTimeout,
    TooManyRedirects,
)
from services.agent_worker.egress.guard import Guard, Resolver, system_resolver
from services.agent_worker.egress.redirects import REDIRECTS, Hop, first_hop, next_hop
from services.agent_worker.egress.targets import Target
from services.agent_worker.egress.transport import GuardedTransport
from shared.runtime.settings import Settings
from shared.tools.headers import is_ours, is_sendable

MOST_REDIRECTS: Final = 5
_CHUNK_BYTES = 64 * 1024
_CODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_OURS = {"accept-encoding": "gzip, deflate", "user-agent": "penstock"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What to ask for. `headers` may hold secrets: none of them is told to another origin."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    timeout_seconds: float
    largest_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came. `headers` have names in lower case; `body` is decompressed, and the beginning of a
    longer one if `cut`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool


class EgressClient:
    """To be entered; may make many calls at once. It keeps no cookies.

    `transport` is what it calls by, for clients that speak more than single calls. It is closed
    with this one, and by nobody else.
    """

    def __init__(self, transport: GuardedTransport) -> None:
        self.transport = transport
        self._http = httpx2.AsyncClient(
            transport=transport, trust_env=False, follow_redirects=False, timeout=None, cookies=None
        )

    @classmethod
    def of(
        cls,
        settings: Settings,
        *,
        resolver: Resolver = system_resolver,
        tls: ssl.SSLContext | None = None,
    ) -> EgressClient:
        """The client that the settings describe."""
        proxy = settings.egress_proxy
        guard = Guard(settings.egress_allow, resolver)
        url = proxy.get_secret_value() if proxy else None
        return cls(GuardedTransport(guard, proxy=url, tls=tls))

    async def call(self, call: Call) -> Answer:
        """The answer, whatever its status. Raises: EgressError."""
        _require_headers(call.headers)
        hop = first_hop(call.method, call.url, {**_OURS, **_lowered(call.headers)}, call.body)
        at = [hop.target]
        try:
            async with asyncio.timeout(call.timeout_seconds):
                return await self._followed(hop, call.largest_bytes, at)
        except TimeoutError:
            message = f"expected the answer of {at[-1]} within {call.timeout_seconds:g} s"
            raise EgressTimeout(f"{message}, got no end of it") from None
        except httpx2.HTTPError as error:
            raise failed_at(at[-1], error) from None

    async def _followed(self, hop: Hop, largest_bytes: int, at: list[Target]) -> Answer:
        for _ in range(MOST_REDIRECTS + 1):
            at.append(hop.target)
            answer = await self._answer(hop, largest_bytes)
            location = answer.headers.get("location")
            if answer.status not in REDIRECTS or location is None:
                return answer
            hop = next_hop(hop, answer.status, location)
        message = f"expected at most {MOST_REDIRECTS} redirects, got more, the last to {hop.target}"
        raise TooManyRedirects(message)

    async def _answer(self, hop: Hop, largest_bytes: int) -> Answer:
        request = httpx2.Request(hop.method, hop.url, headers=hop.headers, content=hop.body)
        response = await self._http.send(request, stream=True)
        try:
            self._http.cookies.clear()  # none is ever sent; kept, they would only pile up
            if _leads_on(response):
                body, cut = b"", True
            else:
                body, cut = await _body(response, largest_bytes)
        finally:
            await response.aclose()
        return Answer(
            status=response.status_code, headers=dict(response.headers), body=body, cut=cut
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.__aexit__(kind, error, trace)


def _leads_on(response: httpx2.Response) -> bool:
    return response.status_code in REDIRECTS and "location" in response.headers


async def _body(response: httpx2.Response, largest_bytes: int) -> tuple[bytes, bool]:
    """At most so many bytes, and whether there were more; what is beyond is not fetched.

    Raises: httpx2.DecodingError, also for codings that were not asked for.
    """
    codings = response.headers.get("content-encoding", "").lower().split(",")
    if not _CODINGS.issuperset(coding.strip() for coding in codings):
        raise httpx2.DecodingError("another coding", request=response.request)
    found = bytearray()
    async with aclosing(response.aiter_bytes(_CHUNK_BYTES)) as chunks:
        async for chunk in chunks:
            found += chunk
            if len(found) > largest_bytes:
                return bytes(found[:largest_bytes]), True
    return bytes(found), False


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _require_headers(headers: Mapping[str, str]) -> None:
    """Raises: EgressRefused, which tells the name at most."""
    for name, value in headers.items():
        if is_ours(name) and name.lower() != "idempotency-key":
            message = f"expected headers of the caller's own, got {name[:60]}, which is set by us"
            raise EgressRefused(message, reason="header")
        if not is_sendable(name, value):
            message = "expected header names and values of printable ASCII in one line, got others"
            raise EgressRefused(message, reason="header")


def failed_at(target: Target, error: httpx2.HTTPError) -> EgressFailed:
    """What the network did, in our words: those of the error may be a piece of the answer."""
    return EgressFailed(f"{_what_failed(error)} {target}{_tls_words(error)}")


def _what_failed(error: httpx2.HTTPError) -> str:
    match error:
        case httpx2.ProxyError():
            return "expected the egress proxy to connect, it refused:"
        case httpx2.ConnectError():
            return "expected a connection, got none to"
        case httpx2.DecodingError():
            return "expected what Content-Encoding says, got something else from"
        case httpx2.ProtocolError():
            return "expected an answer in HTTP/1.1, got something else from"
        case _:
            return "expected a whole answer, the connection broke to"


def _tls_words(error: httpx2.HTTPError) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f": its certificate is not valid ({cause.verify_message})"
        if isinstance(cause, ssl.SSLError):
            return ": it does not speak TLS as we do"
        cause = cause.__cause__ or cause.__context__
    return ""
