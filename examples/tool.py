"""Serves the tool `weather` of the workspace `default`: agents call it, this answers."""

import asyncio
import os

from penstock_client import ToolCall, ToolError, serve_tool

CELSIUS = {"Oslo": 4, "Rome": 19}


async def weather(call: ToolCall) -> object:
    city = call.input["city"]
    if city not in CELSIUS:
        raise ToolError("not_found", f"expected one of {', '.join(CELSIUS)}, got {city}")
    return {"city": city, "celsius": CELSIUS[city]}


asyncio.run(serve_tool(os.environ["NATS_URL"], "default", "weather", weather))
