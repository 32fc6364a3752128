"""Workspaces, who works in them, and invites into them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

from penstock_client.connection import Connection
from penstock_client.paging import items
from penstock_client.results import Page, Result
from penstock_client.tokens import TokenRole


class Workspace(Result):
    """A workspace. Times are RFC 3339."""

    slug: str
    name: str
    created_at: str


class Member(Result):
    """A member of a workspace; `id` is that of the user."""

    id: str
    email: str
    name: str
    role: str
    since: str


class Invite(Result):
    """An invite, as lists tell it."""

    id: str
    workspace: str
    email: str
    role: str
    made_by: str
    created_at: str
    expires_at: str
    used_at: str | None


class MadeInvite(Invite):
    """An invite that was made; `url` is its link, which is told this once."""

    url: str


class Workspaces:
    """`/workspaces`; for who runs the installation."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, slug: str, name: str) -> Workspace:
        """The new workspace; its slug is for ever."""
        body = {"slug": slug, "name": name}
        return (await self._connection.post("/workspaces", body)).read(Workspace)

    def list(self) -> AsyncIterator[Workspace]:
        """All workspaces, by slug."""
        return items(self._connection, "/workspaces", Page[Workspace], {})

    async def delete(self, slug: str) -> None:
        """The workspace is deleted for ever with all it has; its tokens end at once.

        Raises:
            ConflictError: runs of it live, or it is a user's own.
        """
        await self._connection.send("DELETE", f"/workspaces/{quote(slug, safe='')}", None)


class Members:
    """`/workspaces/{slug}/members`; changed by an admin of the workspace."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, workspace: str) -> AsyncIterator[Member]:
        """All members, by e-mail."""
        return items(self._connection, _path(workspace), Page[Member], {})

    async def add(self, workspace: str, email: str, role: TokenRole) -> Member:
        """Somebody who has an account is a member from now on."""
        body = {"email": email, "role": role}
        return (await self._connection.post(_path(workspace), body)).read(Member)

    async def change(self, workspace: str, user_id: str, role: TokenRole) -> Member:
        """The member works as something else from now on."""
        path = f"{_path(workspace)}/{quote(user_id, safe='')}"
        return (await self._connection.send("PUT", path, {"role": role})).read(Member)

    async def remove(self, workspace: str, user_id: str) -> None:
        """They are no member any more."""
        path = f"{_path(workspace)}/{quote(user_id, safe='')}"
        await self._connection.send("DELETE", path, None)


class Invites:
    """`/invites` of one's own workspace; for an admin of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, email: str, role: TokenRole) -> MadeInvite:
        """An invite, good for 7 days and once."""
        body = {"email": email, "role": role}
        return (await self._connection.post("/invites", body)).read(MadeInvite)

    def list(self) -> AsyncIterator[Invite]:
        """All invites, newest first, also those that were used or are over."""
        return items(self._connection, "/invites", Page[Invite], {})

    async def withdraw(self, invite_id: str) -> None:
        """The invite opens nothing more."""
        await self._connection.send("DELETE", f"/invites/{quote(invite_id, safe='')}", None)


def _path(workspace: str) -> str:
    return f"/workspaces/{quote(workspace, safe='')}/members"
