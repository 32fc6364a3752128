"""Signing in by a provider of OpenID Connect: code flow, PKCE, and back to our own page.

    GET /sign-in                    shows the button, if /api/v1/openid says so
    GET /api/v1/openid/sign-in      -> the provider, with state, nonce and challenge
    GET /api/v1/openid/callback     -> /sign-in, with a session; or /sign-in#problem={code}

Neither redirect goes anywhere that a request names. What was refused stands behind `#`, as a code
alone: the page has words for it, and who runs the api finds the reason in the log.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from services.api.http.addresses import seen_url
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described, Refusing
from services.api.http.models import Shape
from services.api.http.parameters import Query, parameters_of
from services.api.http.parts import part
from services.api.http.problems import tellable
from services.api.identity.cookie import give, take
from services.api.identity.throttle import Throttle
from services.api.openid.account_table import Entry
from services.api.openid.attempt import COOKIE, LASTS_SECONDS, Attempt, Attempts
from services.api.openid.claims import read_tokens
from services.api.openid.entering import Door
from services.api.openid.provider import Provider
from services.api.openid.refusals import OpenIdDenied, OpenIdOff, ProviderBroken, WrongIssuer
from services.api.people.deeds import address_of
from services.api.people.session_table import NewSession
from shared.flow import JSON
from shared.runtime.logging import logger

CALLBACK = "/api/v1/openid/callback"
HTML = "text/html"
_MOST_CODE = 4_096
# As the address of both calls has it: right behind a path of a proxy, too.
_PAGE = "../../../sign-in"
_HEADERS = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
_OTHERS = re.compile(r"[^a-z_]")

CALLS = Calls("People")
log = logger()


@dataclass(frozen=True, slots=True)
class OpenId:
    """The provider that is configured, and how people are let in by it."""

    provider: Provider
    attempts: Attempts
    door: Door
    name: str
    groups_claim: str | None


@dataclass(frozen=True, slots=True)
class Openable:
    """What an application has of OpenID Connect: None where no provider is configured."""

    openid: OpenId | None = None


class Redirect(Response):
    """Sends a browser elsewhere, which keeps nothing of where it was."""

    def __init__(self, url: str) -> None:
        super().__init__(None, 303, {**_HEADERS, "location": url})


def to_page(error: Exception) -> Redirect:
    """To the sign-in page, which says what was refused."""
    told = tellable(error)
    log.warning("openid.refused", code=told.code, error=str(told)[:500])
    answer = Redirect(f"{_PAGE}#problem={told.code}")
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return answer


_TO_PAGE = Refusing(to_page, HTML, None)
_ANSWERS = (Described(303, "Elsewhere", media_type=HTML, headers=("location",)),)


class OpenIdShape(Shape):
    """By whom one may sign in: the provider's name; null, if there is none."""

    EXAMPLE: ClassVar[JSON] = {"provider": "accounts.example.org"}

    provider: str | None


class Beginning(Query):
    """How somebody signs in."""

    choose: bool = False


@CALLS.get(
    "/api/v1/openid",
    "By whom one may sign in",
    answers=(Described(200, "The provider", OpenIdShape),),
    access="open",
    described=False,
)
async def read_openid(request: Request) -> Answer[OpenIdShape]:
    """Tells the sign-in page whether to show a button, and what to call it."""
    found = part(request, Openable).openid
    return Answer(OpenIdShape(provider=found.name if found else None))


@CALLS.get(
    "/api/v1/openid/sign-in",
    "Begin to sign in by the provider",
    answers=_ANSWERS,
    access="open",
    refusing=_TO_PAGE,
    described=False,
)
async def begin_openid(request: Request, query: Beginning) -> Redirect:
    """Sends the browser to the provider; with `choose` to choose another account there."""
    openid = _configured(request)
    attempt = Attempt.by_chance(openid.provider.client.issuer)
    url = await openid.provider.sign_in_url(attempt, _callback(request), chooses=query.choose)
    answer = Redirect(url)
    give(answer, request, openid.attempts.write(attempt), COOKIE, LASTS_SECONDS)
    return answer


@CALLS.get(
    CALLBACK,
    "The provider sends somebody back",
    answers=_ANSWERS,
    access="open",
    refusing=_TO_PAGE,
    described=False,
)
async def finish_openid(request: Request) -> Redirect:
    """Lets in whom the provider has named, as a login by password does."""
    openid = _configured(request)
    address, throttle = address_of(request) or "", part(request, Throttle)
    throttle.begin(address, COOKIE, of_account=False)
    given = parameters_of(request)
    attempt = openid.attempts.read(request.cookies.get(COOKIE), given.get("state"))
    code = await _code_of(openid.provider, attempt, given)
    tokens = await openid.provider.tokens(code, attempt.verifier, _callback(request))
    said = await read_tokens(openid.provider, tokens, attempt, openid.groups_claim)
    entry = Entry(
        issuer=attempt.issuer, state=attempt.state, said=said, session=NewSession.by_chance()
    )
    await openid.door.enter(request, entry)
    throttle.succeeded(address, COOKIE)
    answer = Redirect(_PAGE)
    give(answer, request, entry.session.value)
    take(answer, request, COOKIE)
    return answer


async def _code_of(provider: Provider, attempt: Attempt, given: dict[str, str]) -> str:
    """The code of an answer by who was asked.

    Raises: WrongIssuer, OpenIdDenied, ProviderBroken, ProviderAway.
    """
    issuer, metadata = provider.client.issuer, await provider.metadata()
    named = given.get("iss", "" if metadata.says_its_name else issuer)
    if attempt.issuer != issuer or named != issuer:
        raise WrongIssuer(f"expected an answer of {issuer!r}, got one of {named[:200]!r}")
    if "error" in given:
        why = _OTHERS.sub("", given["error"][:60])
        raise OpenIdDenied(f"expected the provider to name somebody, it answers {why!r}")
    code = given.get("code", "")
    if not 0 < len(code) <= _MOST_CODE:
        raise ProviderBroken(f"expected a code of 1 to {_MOST_CODE} characters, got {len(code)}")
    return code


def _configured(request: Request) -> OpenId:
    found = part(request, Openable).openid
    if found is None:
        raise OpenIdOff("There is no provider to sign in by: PENSTOCK_OIDC_ISSUER names one.")
    return found


def _callback(request: Request) -> str:
    return f"{seen_url(request)}{CALLBACK}"
