"""`/admin/*`: what an admin sees and stops, in all workspaces."""

from __future__ import annotations

from services.api.api import Api
from services.api.http.answers import Reply, json_answer
from services.api.http.requests import Request
from services.api.runs.cancel import cancelled, wish_of
from services.api.runs.read import listed, run_page, wanted_runs


async def list_all_runs(api: Api, request: Request) -> Reply:
    """The runs of all workspaces, or of one, newest first."""
    rows, cursor = await run_page(api, request, wanted_runs(request, _workspace(request)))
    items = [{**listed(run, usage), "workspace": run.workspace} for run, usage in rows]
    return json_answer(200, {"items": items, "next_cursor": cursor})


async def cancel_any_run(api: Api, request: Request) -> Reply:
    """As cancelling a run of one's own, whosever it is."""
    wish = await wish_of(request)
    request.workspace = await api.records.workspace_of(wish.run)
    return await cancelled(api, request, wish)


async def read_system(api: Api, request: Request) -> Reply:
    """The system as it stands."""
    return json_answer(200, await api.overview.picture(api.hub))


def _workspace(request: Request) -> str | None:
    return request.query.get("workspace") or None
