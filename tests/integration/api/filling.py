"""A log that is filled to its limit, and emptied again."""

from __future__ import annotations

from uuid import uuid4

from shared.errors import Unavailable
from shared.log import connect
from shared.run import facts as f
from tests.eventually import PATIENCE_SECONDS
from tests.integration.api.silences import Scene, Trouble
from tests.servers import connected

FILLER = str(uuid4())
STEP = {
    "workspace": "default",
    "run": FILLER,
    "partition": 0,
    "step": 0,
    "node": "a",
    "attempt": 1,
}
PIECE = "x" * 900_000


async def fill(scene: Scene) -> None:
    """Returns once the log takes nothing more."""
    async with connect(scene.nats.url, name="filling") as log:
        offset = 0
        while True:
            delta = f.StepDelta(**STEP, execution=1, offset=offset, text=PIECE)
            offset += len(PIECE)
            try:
                await log.stream(delta)
            except Unavailable as error:
                if error.code == "log_full":
                    return
                raise


async def empty(scene: Scene) -> None:
    """Takes out again what it was filled with."""
    client = await connected(scene.nats.url)
    context = client.jetstream(timeout=PATIENCE_SECONDS)
    await context.purge_stream("RUNS", subject=f"run.*.*.{FILLER}.>")
    await client.close()


STORE_FULL = Trouble("store full", "room", fill, empty)
