"""Prints every event of every run of the workspace `default`, as it happens."""

import asyncio
import json
import os

import nats
from nats.aio.msg import Msg


async def show(message: Msg) -> None:
    fact = json.loads(message.data)
    print(fact["run"], fact["type"], fact.get("node", ""), fact.get("text", ""), flush=True)


async def main() -> None:
    client = await nats.connect(os.environ["NATS_URL"].split(","), max_reconnect_attempts=-1)
    await client.subscribe("live.default.>", cb=show)
    await asyncio.Event().wait()


asyncio.run(main())
