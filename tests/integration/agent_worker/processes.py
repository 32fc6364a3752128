"""Workers as processes of their own: to be signalled, killed and frozen."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.eventually import PATIENCE_SECONDS


@asynccontextmanager
async def process(nats_url: str, model_url: str, **extra: str) -> AsyncIterator[Process]:
    """A worker of its own; dead when the block ends."""
    environ = {
        "NATS_URL": nats_url,
        "ANTHROPIC_BASE_URL": model_url,
        "ANTHROPIC_API_KEY": "simulated",
        "PENSTOCK_WAIT_SECONDS": str(PATIENCE_SECONDS),
        **extra,
    }
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.agent_worker", stderr=PIPE, env=environ
    )
    try:
        yield worker
    finally:
        if worker.returncode is None:
            worker.kill()
        await worker.communicate()
