"""The tools of a document: made, or found where the same are here already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import uuid_utils
from starlette.requests import Request

from services.api.definitions.definition_table import Definition, Tools
from services.api.exchange.import_table import ImportedRow
from services.api.exchange.models import Exportable, Exported, ImportedTool, Outcome
from services.api.http.bodies import misfit
from services.api.http.parts import part
from services.api.identity.identity import workspace_of
from services.api.tools.trust import require_may_trust
from shared.flow import JSON
from shared.flow.json_value import quoted
from shared.flow.rules import KNOWN_TOOLS
from shared.flow.tool_names import names_in


class BecameTools(NamedTuple):
    """What becomes of the tools of a document; `taken` are names that other tools have here."""

    rows: Sequence[ImportedRow]
    told: Sequence[ImportedTool]
    specs: Mapping[str, Mapping[str, JSON]]
    taken: Sequence[str]


async def tools_of(request: Request, document: Exported) -> BecameTools:
    """Raises: InvalidRequest, for two of one name or one that nobody has; Forbidden, for one that
    only an admin makes; Unavailable."""
    names = [tool.name for tool in document.tools]
    for place, name in enumerate(names):
        if name in names[:place]:
            path = f".tools[{place}].name"
            raise misfit(path, "a name of its own", "one that came before")
    named = _named(document)
    wanted = {*names, *(name for _, name in named)}
    here = await part(request, Tools).named(workspace_of(request), wanted)
    for path, name in named:
        if name not in names and name not in here:
            raise misfit(path, KNOWN_TOOLS, quoted(name), "unknown_tool")
    for tool in document.tools:
        if tool.name not in here:
            require_may_trust(request, tool)
    return _became(document.tools, here)


def _named(document: Exported) -> list[tuple[str, str]]:
    """Every name of a tool that an agent of the document has, with its place."""
    return [
        (f".agents[{at}].tools[{place}]", name)
        for at, agent in enumerate(document.agents)
        for place, tool in enumerate(agent.tools)
        for name in names_in([tool] if isinstance(tool, str) else [])
    ]


def _became(tools: Sequence[Exportable], here: Mapping[str, Definition]) -> BecameTools:
    rows: list[ImportedRow] = []
    told: list[ImportedTool] = []
    specs: dict[str, Mapping[str, JSON]] = {}
    taken: list[str] = []
    for tool in tools:
        spec = tool.model_dump(mode="json", exclude={"name", "tags"}, exclude_unset=True)
        known, outcome = here.get(tool.name), _outcome(spec, here.get(tool.name))
        if outcome is None:
            taken.append(tool.name)
            continue
        key = known.id if known else str(uuid_utils.uuid7())
        if known is None:
            rows.append(ImportedRow(key, tool.name, spec, tool.tags))
        specs[tool.name] = {"name": tool.name, **spec}
        told.append(ImportedTool(id=UUID(key), name=tool.name, outcome=outcome))
    return BecameTools(rows, told, specs, taken)


def _outcome(spec: Mapping[str, JSON], known: Definition | None) -> Outcome | None:
    """None, where another tool has the name."""
    if known is None:
        return "made"
    return "found" if known.spec == spec else None
