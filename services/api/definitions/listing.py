"""Which pipelines or agents of a list are wanted, as SQL."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from services.api.definitions.models import TAG
from services.api.http.pages import Rows

_MOST_TAGS = 20


def _split(value: object) -> object:
    return [each for each in value.split(",") if each] if isinstance(value, str) else value


class Listing(Rows):
    """Which page of a list of definitions, and which of them; newest first."""

    tags: Annotated[
        list[Annotated[str, Field(pattern=TAG)]],
        BeforeValidator(_split),
        Field(max_length=_MOST_TAGS),
    ] = Field([], description="only those with all of these tags")
    search: str = Field(
        "", max_length=200, description="only those whose names have this text, in either case"
    )
    deleted: bool = Field(False, description="those that were deleted and can be restored, instead")

    def condition(self, first: int) -> str:
        """SQL for the rows behind the cursor; its parameters from `first` on are `values`."""
        wanted = ["deleted_at is not null" if self.deleted else "deleted_at is null"]
        wanted.append(f"(created_at, id) < (${first}, ${first + 1})")
        if self.tags:
            wanted.append(f"tags @> ${first + 2}")
        if self.search:
            place = first + 2 + bool(self.tags)
            wanted.append(f"strpos(lower(name), lower(${place})) > 0")
        return " and ".join(wanted)

    @property
    def values(self) -> list[object]:
        """What `condition` names."""
        more = [each for each in (self.tags, self.search) if each]
        return [self.cursor.created_at, self.cursor.id, *more]
