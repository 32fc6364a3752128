"""What NATS and Postgres do to callers when they die or freeze.

Run by `python -m tests.acceptance.silences`.

Prints how long after it `/health/ready` says so, how long each of ten calls takes, and how long
after the mending all is well again.
"""

from __future__ import annotations

import asyncio
import sys
from logging import CRITICAL
from time import monotonic

import structlog

from tests.eventually import eventually
from tests.integration.api.silences import CALLS, TROUBLES, Asked, Scene, Trouble, scene
from tests.servers import NatsServer, PostgresServer, own_folder

OFTEN = 0.02


def say(text: str) -> None:
    """One line, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def _timed(made: Scene, asked: Asked) -> str:
    began = monotonic()
    answer = await made.ask(asked)
    return f"{answer.status_code} {monotonic() - began:.2f} s"


async def _unready(made: Scene, began: float) -> str:
    reasons = await eventually(made.reasons, every=OFTEN)
    return f"{monotonic() - began:.2f} s: {'; '.join(f'{k}: {v}' for k, v in reasons.items())}"


async def _row(made: Scene, trouble: Trouble) -> None:
    say(f"\n## {trouble.name}\n")
    began = monotonic()
    await trouble.begin(made)
    said, *first = await asyncio.gather(
        _unready(made, began), *(_timed(made, asked) for asked in CALLS)
    )
    later = [await _timed(made, asked) for asked in CALLS]
    await asyncio.sleep(25)
    last = [await _timed(made, asked) for asked in CALLS]
    mended = monotonic()
    await trouble.mend(made)
    await eventually(made.is_well, every=OFTEN)
    healed = monotonic() - mended
    say(f"unready after {said}\nready {healed:.2f} s after the mending\n")
    say("| call | at once | when known | 25 s later | healed |\n|---|---|---|---|---|")
    for asked, *times in zip(CALLS, first, later, last, strict=True):
        say(f"| {asked.method} {asked.path} | {' | '.join(times)} | {await _timed(made, asked)} |")


async def _measure(nats: NatsServer, postgres: PostgresServer) -> None:
    async with scene(nats, postgres) as made:
        for trouble in TROUBLES:
            await _row(made, trouble)


def main() -> None:
    """Measures on servers of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    with own_folder() as folder, own_folder() as other:
        nats, postgres = NatsServer(folder), PostgresServer(other / "postgres")
        nats.start()
        postgres.start()
        try:
            asyncio.run(_measure(nats, postgres))
        finally:
            postgres.stop()
            nats.stop()


if __name__ == "__main__":
    main()
