"""Which runs are meant, as callers say it in a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal, get_args

import pydantic_core
from pydantic import BeforeValidator, Field, JsonValue, TypeAdapter, ValidationError, WithJsonSchema

from services.api.http.models import Moment
from services.api.http.pages import Rows
from services.api.http.parameters import canonical_id
from services.api.identity.identity import Identity
from services.api.runs.approvers import names_of
from services.api.runs.models import MOST_TAGS, Tags
from shared.errors import NotFound
from shared.flow.json_value import unfit
from shared.ledger.listing import IdRange, Wanted
from shared.run import RunStatus

LONGEST_METADATA = 4_096
_STATUSES: tuple[RunStatus, ...] = get_args(RunStatus)
_TAGS: TypeAdapter[list[str]] = TypeAdapter(Tags)


def _pipeline(value: object) -> object:
    if isinstance(value, str):
        try:
            return canonical_id(value, "pipeline")
        except NotFound:
            raise ValueError("expected the id of a pipeline") from None
    return value


def _beginning(value: object) -> object:
    if isinstance(value, str):
        return IdRange.beginning(value.lower())
    return value


def _each(value: str) -> list[str]:
    return [found for each in value.split(",") if (found := each.strip())]


def _statuses(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = frozenset(_each(value))
    if not found or found - frozenset(_STATUSES):
        raise ValueError(f"expected statuses among {', '.join(_STATUSES)}")
    return found


def _tags(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return _TAGS.validate_python(_each(value))
    except ValidationError:
        words = f"expected at most {MOST_TAGS} tags, each of letters, digits and ._:/@+=-"
        raise ValueError(words) from None


def _members(value: object) -> object:
    """The object that a JSON text is. Raises: ValueError."""
    if not isinstance(value, str):
        return value
    found: JsonValue = None
    if len(value) <= LONGEST_METADATA:
        try:
            found = pydantic_core.from_json(value, allow_inf_nan=False)
        except ValueError:
            found = None
    if not isinstance(found, dict) or next(iter(unfit(found)), None) is not None:
        raise ValueError(f"expected a JSON object of at most {LONGEST_METADATA:,} characters")
    return found


def _array_of(items: Mapping[str, object], *, least: int = 0) -> WithJsonSchema:
    return WithJsonSchema({"type": "array", "items": dict(items), "minItems": least})


class RunFilter(Rows):
    """Which runs, and in which order."""

    status: Annotated[
        frozenset[RunStatus],
        BeforeValidator(_statuses),
        _array_of({"type": "string", "enum": [*_STATUSES]}, least=1),
    ] = Field(frozenset(), description="only runs of this status, or of one of several")
    pipeline_id: Annotated[str, BeforeValidator(_pipeline)] | None = Field(
        None,
        description="only runs of this pipeline",
        json_schema_extra={"format": "uuid"},
    )
    tags: Annotated[Sequence[str], BeforeValidator(_tags), _array_of({"type": "string"})] = Field(
        (), description="only runs that have all of these tags"
    )
    metadata: Annotated[
        Mapping[str, JsonValue], BeforeValidator(_members), WithJsonSchema({"type": "string"})
    ] = Field(
        {}, description='only runs whose metadata has these members: JSON, `{"ticket": "A-17"}`'
    )
    search: str | None = Field(
        None,
        min_length=2,
        max_length=200,
        description="only runs with words that begin so in their pipeline's name, tags or metadata",
    )
    requested_by: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="only runs that were asked for with the token of this name",
    )
    created_after: Moment | None = Field(
        None, description="only runs created after this time (RFC 3339, with its zone)"
    )
    created_before: Moment | None = Field(None, description="only runs created before this time")
    ended_after: Moment | None = Field(None, description="only runs that ended after this time")
    ended_before: Moment | None = Field(None, description="only runs that ended before this time")
    id_prefix: (
        Annotated[
            IdRange,
            BeforeValidator(_beginning),
            WithJsonSchema({"type": "string", "pattern": "^[0-9a-fA-F-]{1,36}$"}),
        ]
        | None
    ) = Field(None, description="only runs whose ids begin so")
    order: Literal["newest", "oldest"] = Field("newest", description="which come first")

    def wanted(self, workspace: str | None) -> Wanted:
        """The runs of the workspace that are meant; of all workspaces for None."""
        return Wanted(
            workspace=workspace,
            statuses=self.status,
            pipeline_id=self.pipeline_id,
            tags=tuple(self.tags),
            metadata=self.metadata,
            search=self.search,
            requested_by=self.requested_by,
            created_after=self.created_after,
            created_before=self.created_before,
            ended_after=self.ended_after,
            ended_before=self.ended_before,
            ids=self.id_prefix,
            oldest_first=self.order == "oldest",
        )


class ListedRuns(RunFilter):
    """Which runs of a workspace, also as seen from who asks."""

    waiting_for_me: bool = Field(
        False, description="only runs with an open question that who asks may decide"
    )

    def wanted_by(self, who: Identity) -> Wanted:
        """The runs of their workspace that they mean; none waits for a viewer."""
        found = self.wanted(who.workspace)
        if not self.waiting_for_me:
            return found
        return replace(found, deciders=names_of(who) if who.is_at_least("member") else ())
