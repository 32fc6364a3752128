"""What NATS, Postgres, a full log and a halted projector do to callers and to a reader.

Run by `python -m tests.acceptance.silences`.

Prints how long after it `/health/ready` says so, how long each of ten calls takes, what a reader of
a run that is told all the time sees, and how long after the mending all is well again.
"""

from __future__ import annotations

import asyncio
import sys
from logging import CRITICAL
from time import monotonic

import structlog

from shared.log import connect
from tests.acceptance.silent_reader import reading
from tests.eventually import eventually
from tests.integration.api.filling import STORE_FULL
from tests.integration.api.silences import CALLS, TROUBLES, Asked, Scene, Trouble, scene
from tests.servers import NatsServer, PostgresServer, own_folder

OFTEN = 0.02
LATER_SECONDS = 27
LOG_BYTES = 64 << 20


def say(text: str) -> None:
    """One line, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def _timed(made: Scene, asked: Asked) -> str:
    began = monotonic()
    answer = await made.ask(asked)
    return f"{answer.status_code} {monotonic() - began:.2f} s"


async def _unready(made: Scene, part: str, began: float) -> str:
    async def told() -> str:
        return (await made.reasons()).get(part, "")

    reason = await eventually(told, every=OFTEN)
    return f"{monotonic() - began:.2f} s: {part}: {reason}"


async def _list_shows_a_new_run(made: Scene) -> None:
    """Returns once Postgres has a run that is asked for now."""
    run = await made.service.run()

    async def is_listed() -> bool:
        return run in (await made.service.http.get("/api/v1/runs")).text

    await eventually(is_listed, every=OFTEN)
    await eventually(made.is_well, every=OFTEN)


async def _row(made: Scene, trouble: Trouble) -> None:
    say(f"\n## {trouble.name}\n")
    run = await made.service.run()
    async with connect(made.nats.url, name="telling") as log, reading(made, log, run) as reader:
        await eventually(reader.has_begun)
        await _calls(made, trouble)
        await eventually(reader.has_caught_up)
        say(f"\nreader: {await reader.seen()}")


async def _calls(made: Scene, trouble: Trouble) -> None:
    began = monotonic()
    await trouble.begin(made)
    said, *first = await asyncio.gather(
        _unready(made, trouble.part, began), *(_timed(made, asked) for asked in CALLS)
    )
    later = [await _timed(made, asked) for asked in CALLS]
    await eventually(lambda: monotonic() - began > LATER_SECONDS)
    last = [await _timed(made, asked) for asked in CALLS]
    mended = monotonic()
    await trouble.mend(made)
    await eventually(made.is_well, every=OFTEN)
    healed = monotonic() - mended
    await _list_shows_a_new_run(made)
    listed = monotonic() - mended
    say(f"unready after {said}\nready {healed:.2f} s after the mending, ")
    say(f"a new run in Postgres and all well {listed:.2f} s after it\n")
    say("| call | at once | when known | much later | healed |\n|---|---|---|---|---|")
    for asked, *times in zip(CALLS, first, later, last, strict=True):
        say(f"| {asked.method} {asked.path} | {' | '.join(times)} | {await _timed(made, asked)} |")


async def _measure(nats: NatsServer, postgres: PostgresServer) -> None:
    async with scene(nats, postgres, LOG_BYTES) as made:
        for trouble in (*TROUBLES, STORE_FULL):
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
