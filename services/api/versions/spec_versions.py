"""What calls about versions of agents and of tools do alike: list, name, restore, compare."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, Field
from starlette.requests import Request

from services.api.definitions.definition_calls import DefinitionCalls
from services.api.definitions.definition_table import NewDefinition
from services.api.http.answers import Answer
from services.api.http.pages import Cursor, Rows, page_of
from services.api.http.parameters import DIGITS, Query
from services.api.http.parts import part
from services.api.identity.identity import workspace_of
from services.api.people.deeds import deed
from services.api.versions.diff import differences
from services.api.versions.models import Change, VersionWords
from services.api.versions.pipeline_versions import change_of
from services.api.versions.version_table import Meant, Version, Versions
from shared.errors import NotFound

S = TypeVar("S", bound=BaseModel)


class AgainstNumber(Query):
    """What a version is compared with."""

    against: Annotated[int, Field(ge=1, lt=10**9), DIGITS] | None = Field(
        None, description="the number of the other; the one before if left out"
    )


class Compared(NamedTuple):
    """Two versions by their numbers, and what differs."""

    old: int
    new: int
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class SpecVersions(Generic[S]):
    """Versions of one kind of definition; in a path each is meant by its `number`."""

    kept: DefinitionCalls[S]
    table: type[Versions]

    async def page(
        self, request: Request, query: Rows
    ) -> tuple[list[Mapping[str, Any]], str | None]:
        """The members of each version of a page, and the cursor to the next.

        Raises: NotFound, Unavailable.
        """
        key, versions = self.kept.key(request), part(request, self.table)
        found = await versions.list(workspace_of(request), key, query.cursor, query.limit + 1)
        if found is None:
            raise await self.kept.none(request, key)
        rows, cursor = page_of(found, query.limit, lambda row: Cursor(row.created_at, key))
        return [members(row) for row in rows], cursor

    async def name(self, request: Request, body: VersionWords) -> Mapping[str, Any]:
        """The members of the version as it is called now. Raises: NotFound, Unavailable."""
        key, meant, words = self.kept.key(request), _meant(request), (body.name, body.note)
        action = f"{self.kept.what}.version_named"
        by = deed(request, action, number=meant.number, name=body.name)
        versions = part(request, self.table)
        named = await versions.name(workspace_of(request), key, meant, words, by)
        if named is None:
            raise await self._none(request)
        return members(named)

    async def restore(self, request: Request) -> Answer[S]:
        """What it is a version of, with its settings. Raises: NotFound, PreconditionFailed, ..."""
        now, found = await self.kept.found(request), await self._found(request, _meant(request))
        note = f"Version {found.number} again."
        new = NewDefinition(name=now.name, spec=found.body or {}, note=note)
        by = deed(request, f"{self.kept.what}.version_restored", number=found.number)
        return await self.kept.save(request, (now, now.updated_at), new, by)

    async def compare(self, request: Request, query: AgainstNumber) -> Compared:
        """How it differs from another. Raises: NotFound, Unavailable."""
        new = await self._found(request, _meant(request))
        against, before = query.against or new.number - 1, None
        if against:
            before = (await self._found(request, Meant(number=against))).body
        changes = [change_of(each) for each in differences(before or {}, new.body or {})]
        return Compared(against, new.number, changes)

    async def _found(self, request: Request, meant: Meant) -> Version:
        key, versions = self.kept.key(request), part(request, self.table)
        found = await versions.get(workspace_of(request), key, meant)
        if found is None:
            raise await self._none(request)
        return found

    async def _none(self, request: Request) -> NotFound:
        await self.kept.found(request)
        spelled = request.path_params["number"][:60]
        return NotFound(
            f"The {self.kept.what} never had a version {spelled!r}: name one by its number."
        )


def members(found: Version) -> Mapping[str, Any]:
    """A version as callers are told it."""
    names = ("number", "name", "note", "made_by", "created_at")
    return {**{name: getattr(found, name) for name in names}, "settings": found.body}


def _meant(request: Request) -> Meant:
    """The version of the number in the path; of what is none the one of 0, which there is not."""
    spelled = request.path_params["number"]
    return Meant(number=int(spelled) if re.fullmatch(r"[0-9]{1,9}", spelled, re.ASCII) else 0)
