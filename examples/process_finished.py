"""Does something with every run of the workspace `default` that has ended, at least once each."""

import asyncio
import json
import os

import nats


async def main() -> None:
    client = await nats.connect(os.environ["NATS_URL"].split(","), max_reconnect_attempts=-1)
    runs = client.jetstream()
    ended = await runs.pull_subscribe("run.*.default.*.finished", "ext-example", stream="RUNS")
    while True:
        try:
            [message] = await ended.fetch(1, timeout=5)
        except nats.errors.TimeoutError:
            continue  # no run has ended meanwhile, or NATS was away
        fact = json.loads(message.data)
        print(fact["run"], fact["type"], flush=True)  # your work: it must bear being repeated
        await message.ack()


asyncio.run(main())
