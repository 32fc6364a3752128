"""What the pipeline tools before this one promised somebody with an account, as one table.

Ann has logged in by a browser, and has a pipeline and a model key of her own; Bob has logged in
too, and has none. Each row quotes a promise and names what shows that it holds for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

import httpx2

from tests.integration import promises as p
from tests.integration.keys_world import keys_world
from tests.integration.town import Town, town_of


class Promise(NamedTuple):
    """A sentence of the documents, and what shows that it holds for who has logged in."""

    words: str
    holds: Callable[[Town], Awaitable[None]]


PROMISES = (
    Promise("User can trigger pipeline execution via API", p.triggers),
    Promise("if (!userId) error: 'Unauthorized', status: 401", p.needs_session),
    Promise("if (!pipelineId) error: 'Pipeline ID required', status: 400", p.needs_id),
    Promise("Verify pipeline exists and belongs to user: 'Pipeline not found', 404", p.is_owned),
    Promise("Template variable substitution in agent instructions", p.takes_variables),
    Promise("Get user's API key and model", p.calls_by_own_key),
    Promise("if (!apiKey) status: 'failed', error: 'API key not configured'", p.fails_without_key),
    Promise("Worker executes pipelines using topological sort of flow graph", p.runs_in_order),
    Promise("Pass output to next agent", p.passes_output_on),
    Promise("Job queue handles retries on failure: 2 retries, 5s delay", p.tries_again),
    Promise("'update': step_start, text_delta, step_complete, pipeline_complete", p.streams),
    Promise("Stream token-by-token, don't wait for full agent response", p.streams_at_once),
    Promise("Stream even when agents use web_search: tool_use, tool_result", p.tells_tools),
    Promise("stream: if (!userId) 'Unauthorized', status: 401", p.stream_needs_session),
    Promise("stream: if (!runId) 'Run ID required', status: 400", p.stream_needs_id),
    Promise("Verify run exists and belongs to user: 'Run not found', 404", p.stream_is_owned),
    Promise("Send initial status if run already started or completed", p.tells_status_first),
    Promise("Network error mid-stream: client fetches partial results", p.loses_no_partial_answer),
    Promise("User navigates away: stream aborted, no billing", p.stops_who_navigates_away),
    Promise("POST /api/v1/execution/start, GET /api/v1/execution/status", p.executes),
    Promise("POST /api/v1/execution/stop: Stop workflow execution", p.stops),
    Promise("user_id, workspace_id: an execution is somebody's", p.executions_are_owned),
    Promise("Step waits in 'waiting_inputs' state until all inputs received", p.waits_for_inputs),
    Promise("GET /admin/executions, POST /admin/executions/:id/cancel", p.admins_see_all),
    Promise("Admin operations are for admins", p.nobody_else_is_admin),
    Promise("GET /health: Service health check", partial(p.is_open, "/health")),
    Promise("GET /metrics: Prometheus metrics", partial(p.is_open, "/metrics")),
)


async def broken(promise: Promise, town: Town) -> str | None:
    """How it does not hold."""
    try:
        await promise.holds(town)
    except (AssertionError, LookupError, ValueError, httpx2.HTTPError) as error:
        return f"{promise.words}: {type(error).__name__} {error}"
    return None


async def test_every_promise_holds_for_who_has_logged_in(nats_url: str, database_url: str) -> None:
    async with keys_world(nats_url, database_url) as world, town_of(world) as town:
        found = await asyncio.gather(*(broken(each, town) for each in PROMISES))
    assert [each for each in found if each] == []
