"""A fork begun: what it keeps is copied, then it is asked for."""

from __future__ import annotations

from typing import NamedTuple

from services.api.definitions.flows import Flows
from services.api.history.capacity import Capacity
from services.api.history.run_history import RunHistory
from services.api.http.parts import Parts
from services.api.people.own_queues import OwnQueues
from services.api.runs.claims import Claim
from services.api.runs.create import ACCEPTED, store_input
from services.api.runs.forking import Planned
from services.api.runs.keeping import keeps_json, store_kept
from services.api.runs.reading import RunReader
from shared.log.port import Log
from shared.log.queues import priority_of
from shared.run import facts as f


class Asker(NamedTuple):
    """Who asks for a run: a name, and the id of that user or token, if it is known."""

    name: str
    actor: str | None = None


async def begin_fork(parts: Parts, planned: Planned, claim: Claim, by: Asker) -> None:
    """Copy what is kept, then ask for the run; done again, it is the same run.

    Raises: NotFound, TooLarge, StoreFull, Unavailable, Corrupt.
    """
    log, reader, capacity = parts.get(Log), parts.get(RunReader), parts.get(Capacity)
    await parts.get(Flows).store(planned.runnable)
    kept = await store_kept(log, reader, planned, claim.run)
    asked, runnable, text = planned.read.requested, planned.runnable, planned.text
    if text is None:
        text = b"".join(await reader.input_of(planned.read))
    await log.append(
        f.RunRequested(
            version=f.KEEPS_JSON if keeps_json(planned) else f.FORKED,
            workspace=asked.workspace,
            run=claim.run,
            partition=claim.partition,
            flow=runnable.flow.version,
            pipeline_id=runnable.pipeline_id,
            pipeline_version=runnable.pipeline_version,
            pipeline_name=runnable.pipeline_name,
            input=await store_input(log, asked.workspace, claim.run, text),
            input_sha256=planned.fork.input_sha256,
            input_size_bytes=len(text),
            variables=dict(planned.fork.variables),
            limits={**dict(asked.limits), "max_written_bytes": capacity.most_run_bytes},
            on_disconnect=asked.on_disconnect,
            metadata=asked.metadata,
            tags=asked.tags,
            forked_from=asked.run,
            from_steps=planned.from_steps,
            until_steps=planned.fork.until,
            kept=kept,
            requested_by=by.name,
            actor=by.actor,
            queue=parts.get(OwnQueues).choose(asked.workspace, priority_of(asked.queue), capacity),
        )
    )
    parts.get(RunHistory).remember(claim.run)
    ACCEPTED.inc()
