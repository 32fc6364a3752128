"""HTTP to one Penstock: requests out, JSON or an error of ours back; httpx2 ends here.

The token or session goes to the Penstock it belongs to and nowhere else, whatever URL is followed.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from ipaddress import ip_address
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

import httpx2
from pydantic import BaseModel, ValidationError

from penstock_client.errors import (
    ContractError,
    PenstockError,
    RejectedError,
    UnavailableError,
    error_from,
)

Model = TypeVar("Model", bound=BaseModel)
Params = Mapping[str, str]
_API = "/api/v1"
SESSION_COOKIE = "penstock_session"
_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 60.0
_MAX_ERROR_BYTES = 1 << 20


class Answer:
    """A success: its bytes, read as JSON on demand."""

    def __init__(self, response: httpx2.Response) -> None:
        self.status = response.status_code
        self.content = response.content

    def read(self, model: type[Model]) -> Model:
        """The body as a `model`.

        Raises:
            ContractError: the body is something else.
        """
        try:
            return model.model_validate_json(self.content)
        except ValidationError as error:
            raise ContractError(
                f"the answer is no {model.__name__}: {error.errors()[0]['msg']}",
                code="unexpected_answer",
                status=self.status,
            ) from error


class Connection:
    """A pool of connections to `base_url`; use it as an async context manager."""

    def __init__(
        self,
        base_url: str,
        token: str | None,
        *,
        session: str | None = None,
        workspace: str | None = None,
    ) -> None:
        """Raises: ValueError, if `base_url` is no http or https URL."""
        url = _parsed(base_url)
        self.base_url = base_url.rstrip("/")
        self._origin = _origin(url)
        self._headers = _who(base_url, token, session, workspace)
        self._http = httpx2.AsyncClient(
            timeout=httpx2.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS, pool=None),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=32),
            trust_env=not _is_loopback(url.host),
            # Over http no certificate is looked at, and reading all of them takes 40 ms.
            verify=url.scheme == "https" or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    @property
    def session(self) -> str | None:
        """What the cookie of a session holds that was begun here."""
        return self._http.cookies.get(SESSION_COOKIE)

    async def get(self, path: str, params: Params | None = None) -> Answer:
        """The answer to `GET /api/v1{path}`.

        Raises:
            PenstockError: as errors.py says.
        """
        return await self._send(self._http.build_request("GET", self._url(path), params=params))

    async def post(self, path: str, body: object = None, *, answer_seconds: float = 0) -> Answer:
        """The answer to `POST /api/v1{path}`, waited for `answer_seconds` longer than usual."""
        return await self.send("POST", path, body, answer_seconds=answer_seconds)

    async def send(
        self,
        method: str,
        path: str,
        body: object,
        *,
        headers: Mapping[str, str] | None = None,
        answer_seconds: float = 0,
    ) -> Answer:
        """The answer to a request with a JSON body (None: without)."""
        timeout = httpx2.Timeout(
            _ANSWER_SECONDS + answer_seconds, connect=_CONNECT_SECONDS, pool=None
        )
        try:
            request = self._http.build_request(
                method, self._url(path), json=body, headers=headers, timeout=timeout
            )
        except (TypeError, ValueError, RecursionError) as error:
            raise RejectedError(
                f"the request cannot be written as JSON: {error}", code="not_json"
            ) from error
        return await self._send(request)

    @asynccontextmanager
    async def stream(
        self, url: str, headers: Mapping[str, str], silence_seconds: float
    ) -> AsyncGenerator[httpx2.Response]:
        """A success whose body arrives piece by piece; `url` is absolute or a path of this host.

        Raises:
            PenstockError: refused, cut, or no byte for `silence_seconds`.
        """
        timeout = httpx2.Timeout(silence_seconds, connect=_CONNECT_SECONDS, pool=None)
        request = self._http.build_request(
            "GET", self.absolute(url), headers=headers, timeout=timeout
        )
        self._authorize(request)
        try:
            response = await self._http.send(request, stream=True)
            try:
                if not response.is_success:
                    raise error_from(response.status_code, await _beginning(response))
                yield response
            finally:
                await response.aclose()
        except httpx2.RequestError as error:
            raise self._unavailable(error) from error

    def absolute(self, url: str) -> str:
        """`url` with this Penstock's host, if it has none of its own."""
        return url if urlsplit(url).netloc else f"{self.base_url}/{url.lstrip('/')}"

    def _url(self, path: str) -> str:
        return f"{self.base_url}{_API}{path}"

    async def _send(self, request: httpx2.Request) -> Answer:
        self._authorize(request)
        try:
            response = await self._http.send(request)
        except httpx2.RequestError as error:
            raise self._unavailable(error) from error
        if not response.is_success:
            raise error_from(response.status_code, response.content)
        return Answer(response)

    def _authorize(self, request: httpx2.Request) -> None:
        if _origin(request.url) == self._origin:
            request.headers.update(self._headers)

    def _unavailable(self, error: httpx2.RequestError) -> PenstockError:
        what = str(error) or type(error).__name__
        return UnavailableError(f"no answer from {self.base_url}: {what}", code="unreachable")


def _who(
    base_url: str, token: str | None, session: str | None, workspace: str | None
) -> dict[str, str]:
    """What each request says of who makes it: a token, or as a browser does that has logged in."""
    if token:
        return {"Authorization": f"Bearer {token}"}
    url = urlsplit(base_url)
    headers = {"Origin": f"{url.scheme}://{url.netloc}"}
    if session:
        headers["Cookie"] = f"{SESSION_COOKIE}={session}"
    if workspace:
        headers["X-Penstock-Workspace"] = workspace
    return headers


def _parsed(base_url: str) -> httpx2.URL:
    try:
        url = httpx2.URL(base_url)
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError(f"expected a URL like http://127.0.0.1:8080, got {base_url!r}")
    return url


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _beginning(response: httpx2.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _MAX_ERROR_BYTES:
            break
    return body


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
