"""Users: made, listed and removed by who runs the installation."""

from __future__ import annotations

import asyncpg
import uuid_utils
from starlette.requests import Request

from services.api.http.addresses import seen_url
from services.api.http.answers import Answer, NoContent
from services.api.http.calls import Calls, Described
from services.api.http.pages import cut
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.identity.cookie import new_value
from services.api.people.bounds import MOST_USERS
from services.api.people.deeds import deed
from services.api.people.link_table import Links
from services.api.people.problems import EmailTaken, LastAdmin, LastInstanceAdmin, TooManyUsers
from services.api.people.slugs import slugs_for
from services.api.people.user_models import (
    AccountLink,
    ByEmail,
    InstanceAdminBody,
    MadeUser,
    UserBody,
    UserPage,
    UserShape,
)
from services.api.people.user_table import Newcomer, Users, no_other_ruler
from shared.errors import NotFound, Unavailable

USERS = "/api/v1/users"

CALLS = Calls("People")


@CALLS.post(
    USERS,
    "Make a user",
    answers=(Described(201, "The user, with a link to log in by", MadeUser),),
    access="instance",
    refusals=(EmailTaken, TooManyUsers),
)
async def create_user(request: Request, body: UserBody) -> Answer[MadeUser]:
    """Makes a user and their personal workspace.

    They log in first by the link of the answer, which is good for 7 days and once, and set their
    password there. It is told in this answer and never again.
    """
    new = Newcomer(
        id=str(uuid_utils.uuid7()),
        email=body.email,
        name=body.name,
        is_instance_admin=body.is_instance_admin,
        link_id=str(uuid_utils.uuid7()),
        link=new_value(),
    )
    by = deed(request, "user.created", email=body.email, is_instance_admin=body.is_instance_admin)
    for slug in slugs_for(body.name):
        try:
            made = await part(request, Users).create(new, slug, by)
        except asyncpg.UniqueViolationError as error:
            if is_of_email(error):
                raise taken(body.email) from None
            continue
        if made is None:
            raise TooManyUsers(f"expected at most {MOST_USERS:,} users: remove some first")
        told = {**made, "url": account_url(request, new.link)}
        return Answer(MadeUser.model_validate(told), 201, {"cache-control": "no-store"})
    raise Unavailable("No slug was found for the personal workspace: try again.")


@CALLS.get(
    USERS, "Users, by e-mail", answers=(Described(200, "A page", UserPage),), access="instance"
)
async def list_users(request: Request, query: ByEmail) -> Answer[UserPage]:
    """Tells all users page by page."""
    rows = await part(request, Users).list(query.cursor, query.limit + 1)
    shown, last = cut(rows, query.limit)
    items = [UserShape.model_validate(dict(row)) for row in shown]
    return Answer(UserPage(items=items, next_cursor=last and last["email"]))


@CALLS.put(
    f"{USERS}/{{id}}/instance-admin",
    "Say whether a user runs the installation",
    answers=(Described(200, "The user", UserShape),),
    access="instance",
    refusals=(LastInstanceAdmin,),
)
async def change_instance_admin(request: Request, body: InstanceAdminBody) -> Answer[UserShape]:
    """Has a user run the installation, or takes it from them; within a second every api knows.

    The last user who does so goes on. Of whom it is taken, no link to an account is good any more,
    and no token or invite of a workspace they are no member of.
    """
    key, given = id_of(request, "id", "user"), body.is_instance_admin
    by = deed(request, "user.instance_admin", is_instance_admin=given)
    row = await part(request, Users).set_instance_admin(key, given, by)
    if row is None:
        raise NotFound(f"There is no user {key!r}.")
    if row["email"] is None:
        raise no_other_ruler()
    return Answer(UserShape.model_validate(dict(row)))


@CALLS.delete(
    f"{USERS}/{{id}}",
    "Remove a user",
    answers=(Described(204, "There is no such user any more"),),
    access="instance",
    refusals=(LastAdmin, LastInstanceAdmin),
)
async def remove_user(request: Request) -> NoContent:
    """Removes a user: sessions end, tokens and links they made are over.

    Runs and definitions stay.
    """
    key = id_of(request, "id", "user")
    if not await part(request, Users).remove(key, deed(request, "user.removed")):
        raise NotFound(f"There is no user {key!r}.")
    return NoContent()


@CALLS.post(
    f"{USERS}/{{id}}/reset",
    "Make a link to set a new password",
    answers=(Described(201, "The link", AccountLink),),
    access="instance",
)
async def reset_password(request: Request) -> Answer[AccountLink]:
    """Makes a link by which a user sets a new password, once; then all their sessions end.

    It is good for 7 days. It is told in this answer and never again: whoever has it is let in.
    """
    key, text = id_of(request, "id", "user"), new_value()
    by = deed(request, "user.reset")
    made = await part(request, Links).reset(str(uuid_utils.uuid7()), key, text, by)
    if made is None:
        raise NotFound(f"There is no user {key!r}.")
    link = AccountLink(
        email=made["email"], url=account_url(request, text), expires_at=made["expires_at"]
    )
    return Answer(link, 201, {"cache-control": "no-store"})


def account_url(request: Request, text: str) -> str:
    """Where a browser follows a link: what is secret stands where no server sees it."""
    return f"{seen_url(request)}/sign-in#link={text}"


def is_of_email(error: asyncpg.UniqueViolationError) -> bool:
    """Whether it is the e-mail that was taken, rather than a slug."""
    return "email" in (error.constraint_name or "")


def taken(email: str) -> EmailTaken:
    """What to raise where a user has this e-mail."""
    return EmailTaken(f"expected an e-mail that no user has, {email!r} is one's")
