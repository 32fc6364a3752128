"""Aliases like `prod`: set, moved, listed, removed. A run may be started by one."""

from __future__ import annotations

import re

from starlette.requests import Request

from services.api.definitions.pipelines import PIPELINE, pipeline_found
from services.api.http.answers import Answer, NoContent
from services.api.http.bodies import misfit
from services.api.http.calls import Calls, Described
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.http.problems import InvalidRequest, Refused
from services.api.identity.identity import workspace_of
from services.api.people.deeds import deed
from services.api.versions.alias_table import Aliases
from services.api.versions.models import ALIAS, MOST_ALIASES, AliasBody, AliasList, AliasShape
from services.api.versions.pipeline_versions import meant_by
from services.api.versions.version_table import Versions
from shared.errors import NotFound

ALIASES = f"{PIPELINE}/aliases"
RESERVED = frozenset({"latest", "same"})
"""Words that mean a version elsewhere."""

CALLS = Calls("Pipelines")


class TooManyAliases(Refused):
    """A pipeline has as many aliases as it may have."""

    code = "too_many_aliases"
    status = 409


@CALLS.put(
    f"{ALIASES}/{{alias}}",
    "Set or move an alias of a pipeline",
    answers=(Described(200, "The alias", AliasShape),),
    refusals=(TooManyAliases, InvalidRequest),
)
async def set_alias(request: Request, body: AliasBody) -> Answer[AliasShape]:
    """Has an alias name a version, whether it is new or named another before.

    Runs asked for with `alias` start the version that it names at that moment: there is none
    between. `latest` and `same` are no aliases. An alias ends with its pipeline, never with a
    version: those stay.
    """
    key, alias = id_of(request, "id", "pipeline"), request.path_params["alias"]
    if not _can_be(alias):
        expected = "a small letter, then at most 62 of a-z, 0-9, - and _; not latest, not same"
        raise misfit("alias", expected, repr(alias[:80]))
    meant, workspace = meant_by(body.version), workspace_of(request)
    by = deed(request, "pipeline.alias_set", alias=alias, version=body.version)
    row = await part(request, Aliases).set(workspace, key, alias, meant, by)
    if row is None:
        await pipeline_found(request, key)
        if await part(request, Versions).get(workspace, key, meant) is None:
            raise misfit(
                ".version", "the number or the hash of a version it has", repr(body.version[:80])
            )
        raise TooManyAliases(
            f"expected at most {MOST_ALIASES} aliases a pipeline: remove some first"
        )
    told = {name: row[name] for name in AliasShape.model_fields}
    return Answer(AliasShape.model_validate(told))


@CALLS.get(
    ALIASES,
    "The aliases of a pipeline",
    answers=(Described(200, "All of them, by name", AliasList),),
)
async def list_aliases(request: Request) -> Answer[AliasList]:
    """Tells the aliases of a pipeline, each with the version that it names now."""
    key = id_of(request, "id", "pipeline")
    rows = await part(request, Aliases).list(workspace_of(request), key)
    if not rows:
        await pipeline_found(request, key)
    shown = [AliasShape.model_validate(dict(row)) for row in rows]
    return Answer(AliasList(items=shown, next_cursor=None))


@CALLS.delete(
    f"{ALIASES}/{{alias}}",
    "Remove an alias of a pipeline",
    answers=(Described(204, "It is gone"),),
)
async def remove_alias(request: Request) -> NoContent:
    """Removes an alias. The version it named stays; who starts runs by it gets 404 from now on."""
    key, alias = id_of(request, "id", "pipeline"), request.path_params["alias"]
    by, aliases = deed(request, "pipeline.alias_removed", alias=alias), part(request, Aliases)
    if not _can_be(alias) or not await aliases.remove(workspace_of(request), key, alias, by):
        await pipeline_found(request, key)
        raise NotFound(f"The pipeline has no alias {alias[:80]!r}.")
    return NoContent()


def _can_be(alias: str) -> bool:
    return re.fullmatch(ALIAS, alias, re.ASCII) is not None and alias not in RESERVED
