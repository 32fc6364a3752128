"""Following a one-time link: an invite, a new password, a first login.

    GET  /sign-in                what a link opens: a page, which uses nothing by being opened
    POST /api/v1/links/account   the page asks what the link is for
    POST /api/v1/links/session   a person has pressed a button: the link is used, and logs in

The secret stands behind `#` in the link and in bodies, never in an address a server sees.
"""

from __future__ import annotations

import asyncpg
import uuid_utils
from starlette.requests import Request

from services.api.http.addresses import ForeignOrigin, OriginMissing, require_own_origin
from services.api.http.answers import Answer
from services.api.http.bodies import misfit
from services.api.http.calls import Calls, Described
from services.api.http.parts import part
from services.api.http.problems import Unauthorized
from services.api.identity.cookie import value_of
from services.api.identity.known import Known
from services.api.identity.passwords import Passwords
from services.api.identity.standing import SessionStanding
from services.api.people.deeds import deed_of
from services.api.people.link_table import Links, NewUser
from services.api.people.problems import (
    AccountLinkOver,
    AlreadyMember,
    LoginNeeded,
    TooManyMembers,
)
from services.api.people.session_table import NewSession
from services.api.people.sessions import MOST_BYTES, logged_in
from services.api.people.slugs import slugs_for
from services.api.people.user_models import (
    AccountLinkBody,
    IdentityShape,
    LinkAccount,
    LinkSessionBody,
)
from services.api.people.users import is_of_email
from shared.errors import Unavailable

CALLS = Calls("People")
NOT_NOW = (Unavailable, OriginMissing, ForeignOrigin)
_NEW_PASSWORD = "a password of 10 to 200 characters"


@CALLS.post(
    "/api/v1/links/account",
    "What a link to an account is for",
    answers=(Described(200, "It is good", LinkAccount),),
    access="open",
    most_bytes=MOST_BYTES,
    refusals=(AccountLinkOver, Unavailable),
)
async def read_account_link(request: Request, body: AccountLinkBody) -> Answer[LinkAccount]:
    """Tells the holder of an invite or of a link to log in what it is for. Uses nothing."""
    link = await _read(request, body.link)
    is_invite = link["kind"] == "invite"
    told = LinkAccount(
        kind=link["kind"],
        email=link["email"],
        name=None if is_invite else link["name"],
        is_known=link["known"] is not None,
        workspace=link["workspace"] if is_invite else None,
        role=link["role"],
        expires_at=link["expires_at"],
    )
    return Answer(told, headers={"cache-control": "no-store"})


@CALLS.post(
    "/api/v1/links/session",
    "Log in by a link",
    answers=(Described(200, "Who has logged in", IdentityShape, headers=("set-cookie",)),),
    access="open",
    most_bytes=MOST_BYTES,
    refusals=(
        AccountLinkOver,
        AlreadyMember,
        LoginNeeded,
        TooManyMembers,
        Unavailable,
        OriginMissing,
        ForeignOrigin,
    ),
)
async def log_in_by_link(request: Request, body: LinkSessionBody) -> Answer[IdentityShape]:
    """Uses a link, once: takes an invite, sets a new password, or logs in for the first time.

    An invite for somebody who has an account is taken with the cookie of their session.
    """
    require_own_origin(request, may_be_missing=True)
    link = await _read(request, body.link)
    if link["kind"] != "invite":
        return await _log_in(request, body, link)
    if link["known"] is None:
        return await _take_anew(request, body, link)
    return await _take(request, body.link, link)


async def _read(request: Request, text: str) -> asyncpg.Record:
    link = await part(request, Links).read(text)
    if link is None:
        raise _over()
    return link


async def _log_in(
    request: Request, body: LinkSessionBody, link: asyncpg.Record
) -> Answer[IdentityShape]:
    if link["kind"] == "reset" and body.password is None:
        raise misfit(".password", _NEW_PASSWORD, "nothing")
    password = None
    if body.password is not None:
        password = await part(request, Passwords).hash(body.password)
    new = NewSession.by_chance()
    action = "password.reset" if password else "session.created"
    by = deed_of(request, link["user_id"], link["name"] or "", action, by="link")
    if not await part(request, Links).log_in(body.link, password, new, by):
        raise _over()
    return await logged_in(request, new)


async def _take_anew(
    request: Request, body: LinkSessionBody, link: asyncpg.Record
) -> Answer[IdentityShape]:
    """The invite is taken by somebody who has no account yet."""
    if body.name is None:
        raise misfit(".name", "a name", "nothing")
    if body.password is None:
        raise misfit(".password", _NEW_PASSWORD, "nothing")
    password = await part(request, Passwords).hash(body.password)
    key, new = str(uuid_utils.uuid7()), NewSession.by_chance()
    by = deed_of(request, key, body.name, "invite.taken", email=link["email"], role=link["role"])
    for slug in slugs_for(body.name):
        user = NewUser(id=key, name=body.name, slug=slug, password=password)
        try:
            taken = await part(request, Links).take_anew(body.link, user, new, by)
        except asyncpg.UniqueViolationError as error:
            if is_of_email(error):
                raise _login_needed(link["email"]) from None
            continue
        if not taken:
            raise await _why_not(request, body.link)
        return await logged_in(request, new)
    raise Unavailable("No slug was found for the personal workspace: try again.")


async def _take(request: Request, text: str, link: asyncpg.Record) -> Answer[IdentityShape]:
    """The invite is taken by somebody who has an account, and has logged in."""
    standing = await _session(request)
    if standing is None or standing.person.id != link["known"]:
        raise _login_needed(link["email"])
    require_own_origin(request)
    person = standing.person
    if link["workspace"] in person.places:
        raise AlreadyMember(f"You are a member of {link['workspace']!r} already.")
    by = deed_of(request, person.id, person.name, "invite.taken", role=link["role"])
    if not await part(request, Links).take(text, person.id, by):
        raise await _why_not(request, text)
    known, value = part(request, Known), value_of(request) or ""
    known.forget(value)
    fresh = await known.session_of(value)
    return Answer(IdentityShape.of(fresh.identity_in(link["workspace"])))


async def _session(request: Request) -> SessionStanding | None:
    value = value_of(request)
    if value is None:
        return None
    try:
        standing = await part(request, Known).session_of(value)
    except Unauthorized:
        return None
    assert isinstance(standing, SessionStanding)
    return standing


def _login_needed(email: str) -> LoginNeeded:
    return LoginNeeded(f"There is an account of {email!r}: log in with it, then open this again.")


async def _why_not(request: Request, text: str) -> AccountLinkOver | TooManyMembers:
    """Of a link that was good a moment ago."""
    if await part(request, Links).read(text) is None:
        return _over()
    return TooManyMembers(
        "expected room for one more, there are as many members or users as there may be. Have an "
        "admin remove some, then open this again."
    )


def _over() -> AccountLinkOver:
    return AccountLinkOver(
        "expected a link that is good: this one was used, is over, or is cut. Ask for a new one."
    )
