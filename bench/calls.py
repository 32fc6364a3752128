"""A model's answers taken bare, by a loop over the SDK alone, and the same through a worker.

Both begin before the model is called and end with its last word; both get the same words.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from hashlib import sha256

from anthropic import AsyncAnthropic
from nats.aio.msg import Msg

from bench.connection import Api
from bench.flow import instructions, run_body
from bench.hearing import hearing
from bench.load import WORKSPACE
from bench.talk import Talk
from services.agent_worker.kinds.agent import DEFAULT_MAX_TOKENS
from shared.errors import Unavailable
from shared.log.subjects import EVERY_STEP_FINISHED, EVERY_STEP_STARTED, live_filter
from shared.runtime.settings import Settings

PROMPT = "go"
WITHIN_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class BarePlan:
    """What to ask of the model at `url`, how many times at once."""

    url: str
    talk: Talk
    calls: int


@dataclass(frozen=True, kw_only=True)
class RunPlan:
    """The pipeline that asks the same, and how many runs of it to start at once."""

    api: Api
    nats_url: str
    pipeline_id: str
    calls: int


@dataclass(kw_only=True)
class CallReport:
    """Seconds for all answers together, and the digests of what they said."""

    seconds: float = 0.0
    digests: list[str] = field(default_factory=list)


async def call_bare(plan: BarePlan) -> CallReport:
    """Reads the raw events of each call, and keeps the text."""
    client = AsyncAnthropic(base_url=plan.url, api_key="bench", max_retries=0)
    begun = time.monotonic()
    texts = await asyncio.gather(*(_said(client, plan.talk) for _ in range(plan.calls)))
    seconds = time.monotonic() - begun
    await client.close()
    return CallReport(
        seconds=seconds, digests=[sha256(text.encode()).hexdigest() for text in texts]
    )


async def _said(client: AsyncAnthropic, talk: Talk) -> str:
    stream = await client.messages.create(
        model=Settings.model_fields["default_model"].default,
        max_tokens=DEFAULT_MAX_TOKENS,
        system=instructions(talk.marker),
        messages=[{"role": "user", "content": PROMPT}],
        stream=True,
    )
    return "".join(
        [
            event.delta.text
            async for event in stream
            if event.type == "content_block_delta" and event.delta.type == "text_delta"
        ]
    )


async def call_through_worker(plan: RunPlan) -> CallReport:
    """Starts the runs and hears from the log when steps start and finish.

    Raises: Unavailable, when they do not finish in time.
    """
    started: list[float] = []
    report = CallReport()
    is_over = asyncio.Event()

    async def on_start(_: Msg) -> None:
        started.append(time.monotonic())

    async def on_finish(message: Msg) -> None:
        report.digests.append(json.loads(message.data).get("output_sha256", "none"))
        if len(report.digests) == plan.calls:
            report.seconds = time.monotonic() - min(started)
            is_over.set()

    client = await hearing(plan.nats_url)
    try:
        await client.subscribe(live_filter(WORKSPACE, rest=EVERY_STEP_STARTED), cb=on_start)
        await client.subscribe(live_filter(WORKSPACE, rest=EVERY_STEP_FINISHED), cb=on_finish)
        await client.flush()
        await _start(plan)
        async with asyncio.timeout(WITHIN_SECONDS):
            await is_over.wait()
    except TimeoutError:
        raise Unavailable(f"{len(report.digests)} of {plan.calls} answers came in time") from None
    finally:
        await client.close()
    return report


async def _start(plan: RunPlan) -> None:
    connection = await plan.api.connect()
    request = plan.api.post("/api/v1/runs", run_body(plan.pipeline_id, PROMPT))
    for _ in range(plan.calls):
        (await connection.ask(request)).json(202)
    connection.close()
