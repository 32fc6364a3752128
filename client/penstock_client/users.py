"""Users, and who has logged in; for who runs the installation, but for one's own session."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

from penstock_client.connection import Connection
from penstock_client.paging import items
from penstock_client.results import Page, Result


class Person(Result):
    """Who has logged in."""

    id: str
    email: str
    name: str
    is_instance_admin: bool


class Place(Result):
    """A workspace somebody works in, and as what."""

    slug: str
    name: str
    role: str


class Who(Result):
    """In which workspace one asks, and as what; a token has no user and no workspaces."""

    workspace: str
    name: str
    role: str
    user: Person | None
    workspaces: list[Place]


class User(Result):
    """A user; `workspace` is their personal one. Times are RFC 3339."""

    id: str
    email: str
    name: str
    is_instance_admin: bool
    workspace: str
    has_password: bool
    created_at: str


class MadeUser(User):
    """A user that was made; `url` is the link to log in by first, which is told this once."""

    url: str
    expires_at: str


class AccountLink(Result):
    """A link to set a new password by, once; it is told this once."""

    email: str
    url: str
    expires_at: str


class Users:
    """`/users`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, email: str, name: str, *, is_instance_admin: bool = False) -> MadeUser:
        """The new user, with a personal workspace and a link to log in by."""
        body = {"email": email, "name": name, "is_instance_admin": is_instance_admin}
        return (await self._connection.post("/users", body)).read(MadeUser)

    def list(self) -> AsyncIterator[User]:
        """All users, by e-mail."""
        return items(self._connection, "/users", Page[User], {})

    async def reset(self, user_id: str) -> AccountLink:
        """A link by which the user sets a new password, once."""
        path = f"/users/{quote(user_id, safe='')}/reset"
        return (await self._connection.post(path)).read(AccountLink)

    async def set_instance_admin(self, user_id: str, *, is_instance_admin: bool) -> User:
        """The user, who runs the installation from now on, or does no more."""
        path = f"/users/{quote(user_id, safe='')}/instance-admin"
        body = {"is_instance_admin": is_instance_admin}
        return (await self._connection.send("PUT", path, body)).read(User)

    async def remove(self, user_id: str) -> None:
        """There is no such user any more; what they made stays, their tokens do not."""
        await self._connection.send("DELETE", f"/users/{quote(user_id, safe='')}", None)
