"""What the server of a tool of kind `mcp` lists, pinned when the tool is saved."""

from __future__ import annotations

from starlette.requests import Request

from services.api.http.bodies import misfit
from services.api.identity.identity import workspace_of
from services.api.tools.asking import NoWorker, ask_worker
from shared.flow import JSON
from shared.tools.errands import ListErrand, listing_of


async def listed(request: Request, name: str, spec: dict[str, JSON]) -> list[JSON]:
    """What is pinned of each tool that is chosen, in their order.

    Raises: InvalidRequest, where the server lists them not, or cannot be asked; NoWorker,
    WorkersBusy, Unavailable.
    """
    tool = {key: value for key, value in spec.items() if key != "listed"}
    errand = ListErrand(workspace=workspace_of(request), tool={"name": name, **tool})
    answer = await ask_worker(request, errand)
    if answer is None:
        raise NoWorker("The worker that was asked what the server lists did not answer: try again.")
    came = listing_of(answer)
    if came.error is not None:
        wanted, _, found = came.error.message.rpartition(", got ")
        raise misfit(".mcp", wanted or found, found if wanted else "", came.error.code)
    return list(came.listed)
