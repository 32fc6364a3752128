"""What calls about agents and tools do alike: create, list, read, replace, delete, restore."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import asyncpg
import uuid_utils
from pydantic import BaseModel
from starlette.requests import Request

from services.api.definitions.definition_table import Definition, Definitions, NewDefinition
from services.api.definitions.gone import missing
from services.api.definitions.listing import Listing
from services.api.http.answers import Answer, NoContent
from services.api.http.headers import quoted, require_match
from services.api.http.pages import Cursor, page_of
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.http.problems import PreconditionFailed, Refused
from services.api.identity.identity import workspace_of
from services.api.people.deeds import Deed, deed
from shared.errors import NotFound

S = TypeVar("S", bound=BaseModel)


class NameTaken(Refused):
    """A thing of the workspace has the name, and no two may; `taken` says which, for imports."""

    code = "name_taken"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionCalls(Generic[S]):
    """One kind of definition: `what` it is called in paths and deeds, and where it is kept.

    `changed` is told of it as it was and as it is, for the pipelines that use it to be judged.
    """

    what: str
    path: str
    table: type[Definitions]
    shape: Callable[[Definition], S]
    changed: Callable[[Request, tuple[Definition, ...]], Awaitable[None]]

    async def create(self, request: Request, new: NewDefinition) -> Answer[S]:
        """Raises: NameTaken, Unavailable."""
        key, by = str(uuid_utils.uuid7()), deed(request, f"{self.what}.created", name=new.name)
        try:
            made = await self._table(request).create(workspace_of(request), key, new, by)
        except asyncpg.UniqueViolationError:
            raise self._taken(new.name) from None
        return self.answer(made, 201, location=f"{self.path}/{made.id}")

    async def page(self, request: Request, query: Listing) -> tuple[list[S], str | None]:
        """The items of a page, and the cursor to the next. Raises: Unavailable."""
        found = await self._table(request).list(workspace_of(request), query, query.limit + 1)
        rows, cursor = page_of(found, query.limit, lambda row: Cursor(row.created_at, row.id))
        return [self.shape(row) for row in rows], cursor

    async def read(self, request: Request) -> Answer[S]:
        """Raises: NotFound, Unavailable."""
        return self.answer(await self.found(request))

    async def replace(
        self, request: Request, new: NewDefinition, if_match: str | None
    ) -> Answer[S]:
        """Raises: NotFound, PreconditionFailed, NameTaken, Unavailable."""
        before = await self.found(request)
        known = None
        if if_match is not None:
            known = before.updated_at if require_match(if_match, _tag(before)) else None
        by = deed(request, f"{self.what}.saved", name=new.name)
        return await self.save(request, (before, known), new, by)

    async def save(
        self,
        request: Request,
        before: tuple[Definition, datetime | None],
        new: NewDefinition,
        by: Deed,
    ) -> Answer[S]:
        """Saves over what was read, or over nothing but what was saved at that time.

        Raises: as `replace`.
        """
        old, known = before
        workspace = workspace_of(request)
        try:
            saved = await self._table(request).replace(workspace, old.id, new, known, by)
        except asyncpg.UniqueViolationError:
            raise self._taken(new.name) from None
        if saved is None:
            raise PreconditionFailed.changed() if known else await self.none(request, old.id)
        await self.changed(request, (old, saved))
        return self.answer(saved)

    async def delete(self, request: Request) -> NoContent:
        """Raises: NotFound, Unavailable."""
        found = await self.found(request)
        by = deed(request, f"{self.what}.deleted")
        if not await self._table(request).delete(workspace_of(request), found.id, by):
            raise await self.none(request, found.id)
        await self.changed(request, (found,))
        return NoContent()

    async def restore(self, request: Request) -> Answer[S]:
        """Raises: NotFound, NameTaken, Unavailable."""
        key, by = self.key(request), deed(request, f"{self.what}.restored")
        try:
            back = await self._table(request).restore(workspace_of(request), key, by)
        except asyncpg.UniqueViolationError:
            raise NameTaken(
                f"Another {self.what} of this workspace has its name by now: rename that one first."
            ) from None
        if back is None:
            message = f"There is no {self.what} {key!r} in this workspace that can be restored."
            raise NotFound(message)
        await self.changed(request, (back,))
        return self.answer(back)

    async def found(self, request: Request) -> Definition:
        """The one in the path, of the caller's workspace. Raises: NotFound, Unavailable."""
        key = self.key(request)
        found = await self._table(request).get(workspace_of(request), key)
        if found is None:
            raise await self.none(request, key)
        return found

    async def none(self, request: Request, key: str) -> NotFound:
        """What to raise where it is not there, with what to do if it was deleted."""
        deleted_at = await self._table(request).deleted_at(workspace_of(request), key)
        return missing(self.what, key, deleted_at, self.path)

    def key(self, request: Request) -> str:
        """The id in the path. Raises: NotFound, for what is no id."""
        return id_of(request, "id", self.what)

    def answer(self, found: Definition, status: int = 200, **headers: str) -> Answer[S]:
        """It, with the ETag that a replacement may be bound to."""
        told = {"etag": quoted(_tag(found)), **headers}
        return Answer(self.shape(found), status, told, exclude_unset=True)

    def _table(self, request: Request) -> Definitions:
        return part(request, self.table)

    def _taken(self, name: str) -> NameTaken:
        return NameTaken(
            f"expected a name that no other {self.what} of this workspace has, got {name!r}"
        )


def _tag(found: Definition) -> str:
    return str(int(found.updated_at.timestamp() * 1_000_000))
