"""Logging in and out, and one's own password."""

from __future__ import annotations

from starlette.requests import Request

from services.api.http.addresses import ForeignOrigin, require_own_origin
from services.api.http.answers import Answer, NoContent
from services.api.http.calls import Calls, Described
from services.api.http.parts import part
from services.api.identity.cookie import give, take, value_of
from services.api.identity.identity import identity_of
from services.api.identity.known import Known
from services.api.identity.passwords import Passwords
from services.api.identity.person import Person
from services.api.identity.standing import SessionStanding
from services.api.identity.throttle import Throttle, TooManyLogins
from services.api.people.deeds import address_of, deed, deed_of
from services.api.people.problems import WrongLogin, WrongPassword
from services.api.people.session_table import NewSession, Sessions
from services.api.people.user_models import IdentityShape, LoginBody, PasswordBody
from shared.errors import NotFound, Unavailable

SESSION = "/api/v1/session"
MOST_BYTES = 16 << 10

CALLS = Calls("People")


@CALLS.post(
    SESSION,
    "Log in",
    answers=(Described(200, "Who has logged in", IdentityShape, headers=("set-cookie",)),),
    access="open",
    most_bytes=MOST_BYTES,
    refusals=(WrongLogin, TooManyLogins, Unavailable, ForeignOrigin),
)
async def log_in(request: Request, body: LoginBody) -> Answer[IdentityShape]:
    """Logs somebody in by e-mail and password: the cookie of the answer opens what they may.

    It is good for 14 days after its last use. A write with it needs an `Origin` of this host, as
    every browser sends it. Five tries a minute may fail.
    """
    require_own_origin(request, may_be_missing=True)
    address, throttle = address_of(request) or "", part(request, Throttle)
    throttle.begin(address, body.email)
    sessions, new = part(request, Sessions), NewSession.by_chance()
    user = await sessions.user_of(body.email)
    kept = user["password"] if user else None
    if not await part(request, Passwords).is_right(kept, body.password) or user is None:
        raise _wrong()
    by = deed_of(request, user["id"], user["name"], "session.created")
    if not await sessions.begin(user["id"], user["epoch"], new, by):
        raise _wrong()
    throttle.succeeded(address, body.email)
    return await logged_in(request, new)


@CALLS.delete(
    SESSION,
    "Log out",
    answers=(Described(204, "The session is over"),),
    access="self",
    refusals=(NotFound,),
)
async def log_out(request: Request) -> NoContent:
    """Ends the session of the cookie: no api takes it any more, and its streams end."""
    who, value = identity_of(request), value_of(request)
    if who.person is None or value is None:
        raise NotFound("There is no session to end: you came by a token.")
    await part(request, Sessions).end(who.maker, deed(request, "session.ended"))
    part(request, Known).forget(value)
    answer = NoContent()
    take(answer, request)
    return answer


@CALLS.put(
    "/api/v1/me/password",
    "Change one's own password",
    answers=(Described(204, "It is changed, and all sessions are over"),),
    access="self",
    most_bytes=MOST_BYTES,
    refusals=(WrongPassword, TooManyLogins, NotFound),
)
async def change_password(request: Request, body: PasswordBody) -> NoContent:
    """Changes the password of who has logged in; all of their sessions end, this one too."""
    person = _person(request)
    address, throttle = address_of(request) or "", part(request, Throttle)
    throttle.begin(address, person.email)
    sessions, passwords = part(request, Sessions), part(request, Passwords)
    user = await sessions.user_of(person.email)
    kept = user["password"] if user else None
    if not await passwords.is_right(kept, body.password) or user is None:
        raise WrongPassword("expected the password you have now, came another")
    throttle.succeeded(address, person.email)
    changed = await passwords.hash(body.new_password)
    by = deed(request, "password.changed")
    if not await sessions.change_password(person.id, user["epoch"], changed, by):
        raise WrongPassword("the password was changed meanwhile: log in with the new one")
    part(request, Known).forget(value_of(request) or "")
    answer = NoContent()
    take(answer, request)
    return answer


async def logged_in(request: Request, new: NewSession) -> Answer[IdentityShape]:
    """Who has logged in by this session, with its cookie."""
    standing = await part(request, Known).session_of(new.value)
    assert isinstance(standing, SessionStanding)
    who = standing.identity_in(standing.person.workspace)
    answer = Answer(IdentityShape.of(who), headers={"cache-control": "no-store"})
    give(answer, request, new.value)
    return answer


def _person(request: Request) -> Person:
    person = identity_of(request).person
    if person is None:
        raise NotFound("There is no user behind a token: log in, then change the password.")
    return person


def _wrong() -> WrongLogin:
    return WrongLogin("expected the e-mail and password of a user, there is none with these")
