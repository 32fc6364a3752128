"""The guard beneath an httpx2 client: whatever the client asks for is checked, then connected to.

    client --request for https://name/--> GuardedTransport --name, once--> Guard
                                              | the address, with the name as Host and in TLS
                                              v
                                        AsyncHTTPTransport

A connection serves one request: the pool beneath knows addresses only, and would give one name's
connection to another name at the same address, whose certificate nobody has checked.
"""

from __future__ import annotations

import ssl
from types import TracebackType
from typing import Self

import httpx2

from services.agent_worker.egress.addresses import Address
from services.agent_worker.egress.guard import Guard
from services.agent_worker.egress.targets import Target, parsed, target_of

AT_ONCE = 256
NEXT_AFTER_SECONDS = 3.0
"""How long an address may take to be connected to, while there are others of the name."""
_ONE_REQUEST_EACH = httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=0)


class GuardedTransport(httpx2.AsyncBaseTransport):
    """To be given to `httpx2.AsyncClient(transport=..., trust_env=False)`.

    It follows no redirect. A refusal is raised from the client's call as EgressRefused, a name
    without address as EgressUnresolved; what the network does, as the errors of httpx2.

    `proxy` is a URL with scheme http or https, which may hold a user and a password: then names are
    not resolved here, and the proxy decides what may be called. `tls` says which authorities are
    believed; None: those of the system, or what `SSL_CERT_FILE` names.
    """

    def __init__(
        self, guard: Guard, *, proxy: str | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._guard = None if proxy else guard
        self._inner = httpx2.AsyncHTTPTransport(
            verify=tls or httpx2.create_ssl_context(),
            trust_env=False,
            limits=_ONE_REQUEST_EACH,
            proxy=proxy,
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Raises: EgressRefused, EgressUnresolved, httpx2.TransportError."""
        target = target_of(parsed(str(request.url)))
        if self._guard is None:
            return await self._inner.handle_async_request(request)
        *others, last = await self._guard.resolve(target)
        for address in others:
            try:
                return await self._sent(request, target, address, NEXT_AFTER_SECONDS)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue  # nothing of the request was sent
        return await self._sent(request, target, last)

    async def _sent(
        self,
        request: httpx2.Request,
        target: Target,
        address: Address,
        connect_seconds: float | None = None,
    ) -> httpx2.Response:
        bounds = dict(request.extensions.get("timeout", {}))
        if connect_seconds is not None:
            bounds["connect"] = min(connect_seconds, bounds.get("connect") or connect_seconds)
        directed = httpx2.Request(
            request.method,
            request.url.copy_with(host=str(address)),
            headers=request.headers,  # Host is among them: the client wrote the name there
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": target.host, "timeout": bounds},
        )
        return await self._inner.handle_async_request(directed)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        await self._inner.__aexit__(kind, error, trace)
