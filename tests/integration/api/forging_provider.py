"""A provider of OpenID Connect that says whatever a test has it say, over real HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import time
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

import httpx2
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwk, jws
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.integration.api.raw_client import serving
from tests.integration.api.signing_in import ADA, CALLBACK, arrived, begun
from tests.openid_provider import CLIENT, CLIENT_SECRET

Members: TypeAlias = Mapping[str, Any]
Answering: TypeAlias = Callable[[Request], Awaitable[Response]]
CODE = "a-code-of-the-provider"
METADATA, KEYS, TOKEN, ABOUT = "/.well-known/openid-configuration", "/keys", "/token", "/about"


def _key(kid: str) -> jwk.Key:
    return jwk.RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@dataclass(slots=True)
class Forging:
    """What it says: `claims` and `metadata` in place of the right ones (None: left out),
    `instead` answers at a path; it signs by `key` and tells of `keys`."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    instead: dict[str, Answering] = field(default_factory=dict)
    key: jwk.Key = field(default_factory=lambda: _key("first"))
    keys: list[Any] = field(default_factory=list)
    asked: Mapping[str, str] = field(default_factory=dict)
    shown: list[Mapping[str, str]] = field(default_factory=list)

    def settings(self, **more: str) -> dict[str, str]:
        given = {"ISSUER": self.url, "CLIENT_ID": CLIENT, "CLIENT_SECRET": CLIENT_SECRET}
        given |= {"DOMAINS": "example.org", **more}
        return {f"PENSTOCK_OIDC_{name}": value for name, value in given.items()}

    def rotate(self) -> None:
        """It signs by a new key from now on, and tells of it alone."""
        self.key = _key("second")
        self.keys = [self.key.as_dict(private=False)]

    async def sign_in(self, page: httpx2.AsyncClient, **more: str) -> str:
        """Where a browser arrives that the provider sends back at once."""
        asked = parse_qs(urlsplit(await begun(page)).query)
        self.asked = {name: value[0] for name, value in asked.items()}
        given = {"code": CODE, "state": self.asked["state"], **more}
        return arrived(await page.get(CALLBACK, params=given))

    def token(self) -> str:
        """An ID token for the last sign-in that was begun."""
        now = int(time())
        right = {"iss": self.url, "aud": CLIENT, "sub": "ada", "iat": now, "exp": now + 60}
        claims = {**right, "nonce": self.asked.get("nonce"), **ADA, **self.claims}
        header = {"alg": "RS256", "kid": self.key.kid, **self.header}
        given = {name: value for name, value in claims.items() if value is not None}
        return jws.serialize_compact(header, json.dumps(given).encode(), self.key)

    async def answer(self, request: Request) -> Response:
        """What it says at a path."""
        instead = self.instead.get(request.url.path)
        if instead is not None:
            return await instead(request)
        match request.url.path:
            case "/keys":
                return JSONResponse({"keys": self.keys})
            case "/token":
                return await self._token(request)
            case "/about":
                return JSONResponse({"sub": "ada", **self.about})
        right = {"issuer": self.url, "authorization_endpoint": f"{self.url}/authorize"}
        right |= {"token_endpoint": f"{self.url}{TOKEN}", "jwks_uri": f"{self.url}{KEYS}"}
        members = {**right, "userinfo_endpoint": f"{self.url}{ABOUT}", **self.metadata}
        return JSONResponse({name: value for name, value in members.items() if value is not None})

    async def _token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        self.shown.append({**form, "authorization": request.headers.get("authorization", "")})
        challenge = create_s256_code_challenge(form["code_verifier"])
        if challenge != self.asked["code_challenge"] or form["code"] != CODE:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"id_token": self.token(), "access_token": "an-access-token"})


@asynccontextmanager
async def forging() -> AsyncIterator[Forging]:
    """One on a port of its own."""
    says = Forging()
    says.keys = [says.key.as_dict(private=False)]
    routes = [Route("/{path:path}", says.answer, methods=["GET", "POST"])]
    async with serving(Starlette(routes=routes)) as server:
        says.url = server.url
        yield says


def saying(content: bytes, status: int = 200, **headers: str) -> Answering:
    """Answers this, whatever is asked."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(_: Request) -> Response:
        return Response(content, status, {"content-type": "application/json", **named})

    return answer


async def silence(_: Request) -> Response:
    """Answers never; whoever asks has to leave."""
    await asyncio.Event().wait()
    raise AssertionError
