"""`POST /runs/batch`: up to a thousand runs by one request, each accepted or refused by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Annotated, Any, ClassVar
from uuid import UUID

import pydantic_core
from pydantic import Field, GetJsonSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema
from starlette.requests import Request

from services.api.definitions.flows import Runnable
from services.api.definitions.models import HAIKU_FLOW
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.models import RUN_ID, Body, Problem, Shape, one_of
from services.api.http.problems import problem_of
from services.api.runs.claims import LONGEST_KEY
from services.api.runs.create import Asked, begin_prepared, runnable_of
from services.api.runs.links import RUNS, events_url
from services.api.runs.models import EVENTS_URL, RunBody, RunOfFlow, RunOfPipeline
from shared.errors import PenstockError
from shared.flow import JSON

MOST_RUNS = 1_000
AT_ONCE = 100

CALLS = Calls("Runs")


Key = Annotated[str, Field(min_length=1, max_length=LONGEST_KEY)]


class KeyedRunOfPipeline(RunOfPipeline):
    """A run of a pipeline, and what makes a request for it the same as an earlier one."""

    idempotency_key: Key | None = None


class KeyedRunOfFlow(RunOfFlow):
    """A run of a flow, and what makes a request for it the same as an earlier one."""

    idempotency_key: Key | None = None


KEYED_VARIANTS: TypeAdapter[KeyedRunOfPipeline | KeyedRunOfFlow] = TypeAdapter(
    KeyedRunOfPipeline | KeyedRunOfFlow
)


class BatchEntry(RunBody):
    """Either of these, read as one model as `RunBody` is."""

    EXAMPLE: ClassVar[JSON] = {"flow": HAIKU_FLOW, "input": "a river", "idempotency_key": "row-17"}

    idempotency_key: Key | None = None

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return one_of(KEYED_VARIANTS, handler)


class BatchBody(Body):
    """Runs to start."""

    EXAMPLE: ClassVar[JSON] = {"runs": [BatchEntry.EXAMPLE]}

    runs: Annotated[list[BatchEntry], Field(min_length=1, max_length=MOST_RUNS)]


class BatchAnswered(Shape):
    """What became of one entry: the run, or the problem with it.

    `replayed`: its key came before, and this is the run it made then.
    """

    run_id: UUID | None
    events_url: str | None
    replayed: bool
    problem: Problem | None


class BatchAnswer(Shape):
    """What became of each entry, in their order."""

    EXAMPLE: ClassVar[JSON] = {
        "accepted": 1,
        "refused": 0,
        "items": [{"run_id": RUN_ID, "events_url": EVENTS_URL, "replayed": False, "problem": None}],
    }

    accepted: int
    refused: int
    items: list[BatchAnswered]


@CALLS.post(
    f"{RUNS}/batch",
    "Start many runs at once",
    answers=(Described(200, "What became of each", BatchAnswer),),
)
async def create_runs(request: Request, body: BatchBody) -> Answer[BatchAnswer]:
    """Starts up to 1,000 runs. Each is accepted or refused by itself, and told in its place.

    A body that does not fit is refused whole, and nothing begins. Give each entry its
    `idempotency_key`: then the whole batch is safe to send again, whatever became of it.
    """
    prepared = _Prepared(request)
    room = asyncio.Semaphore(AT_ONCE)

    async def answered(entry: BatchEntry) -> BatchAnswered:
        async with room:
            return await _begun(request, entry, prepared)

    items = await asyncio.gather(*map(answered, body.runs))
    refused = sum(item.problem is not None for item in items)
    return Answer(BatchAnswer(accepted=len(items) - refused, refused=refused, items=items))


class _Prepared:
    """What runs of each pipeline, or of an alias of it, run: found out once a batch."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._found: dict[tuple[str, str | None], asyncio.Future[Runnable]] = {}

    def of(self, body: RunBody) -> Awaitable[Runnable]:
        """Raises: as `runnable_of`."""
        if body.pipeline_id is None or body.flow is not None:
            return runnable_of(self._request, body)
        key = body.pipeline_id, body.alias
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = asyncio.ensure_future(runnable_of(self._request, body))
        return asyncio.shield(found)


async def _begun(request: Request, entry: BatchEntry, prepared: _Prepared) -> BatchAnswered:
    # The key is of what else the entry says.
    raw = pydantic_core.to_json(entry.model_dump(exclude={"idempotency_key"}, exclude_unset=True))
    asked = Asked(entry, raw, entry.idempotency_key)
    try:
        claim = await begin_prepared(request, asked, lambda: prepared.of(entry))
    except PenstockError as error:
        problem = problem_of(error)
        return BatchAnswered(run_id=None, events_url=None, replayed=False, problem=problem)
    return BatchAnswered(
        run_id=UUID(claim.run),
        events_url=events_url(request, claim.run),
        replayed=claim.replayed,
        problem=None,
    )
