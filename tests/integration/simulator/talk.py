"""A running simulator as the tests talk to it: the real SDK, plain HTTP, and its request log."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
from anthropic import AsyncAnthropic
from anthropic.types import Message, RawMessageStreamEvent
from pydantic import BaseModel

from simulator.server import running
from tests.eventually import PATIENCE_SECONDS

HEADERS = {"x-api-key": "sim", "anthropic-version": "2026-10-21"}
MODEL = "claude-haiku-5-5"


class Logged(BaseModel):
    """One entry of the request log."""

    id: int
    request_id: str
    key_fingerprint: str | None
    model: str | None
    system: str | None
    messages: list[dict[str, object]] | None
    tools: list[dict[str, object]] | None
    status: int | None
    outcome: str
    failure: str | None
    chunks_sent: int
    bytes_sent: int
    duration_ms: float | None
    client_gone_monotonic: float | None


@dataclass(frozen=True)
class Talk:
    """`system` carries the markers in most tests; the rate is as fast as possible."""

    url: str
    sdk: AsyncAnthropic
    http: httpx2.AsyncClient

    def body(self, system: str, user: str = "hi", *, stream: bool = True) -> dict[str, object]:
        messages = [{"role": "user", "content": user}]
        fast = f"{system} [[sim: rate=0]]"
        whole: dict[str, object] = {"model": MODEL, "max_tokens": 1000, "system": fast}
        return whole | {"messages": messages, "stream": stream}

    async def events(self, system: str, user: str = "hi") -> list[RawMessageStreamEvent]:
        """Every event of one stream, as the SDK reads it."""
        stream = await self.sdk.messages.create(
            model=MODEL,
            max_tokens=1000,
            system=f"{system} [[sim: rate=0]]",
            messages=[{"role": "user", "content": user}],
            stream=True,
        )
        return [event async for event in stream]

    async def message(self, system: str, user: str = "hi") -> Message:
        """The message that the SDK accumulates from one stream."""
        async with self.sdk.messages.stream(
            model=MODEL,
            max_tokens=1000,
            system=f"{system} [[sim: rate=0]]",
            messages=[{"role": "user", "content": user}],
        ) as stream:
            return await stream.get_final_message()

    async def whole(self, system: str, user: str = "hi") -> Message:
        """The message without a stream."""
        return await self.sdk.messages.create(
            model=MODEL,
            max_tokens=1000,
            system=f"{system} [[sim: rate=0]]",
            messages=[{"role": "user", "content": user}],
        )

    async def post(self, body: object, headers: dict[str, str] | None = None) -> httpx2.Response:
        sent = HEADERS if headers is None else headers
        return await self.http.post("/v1/messages", json=body, headers=sent)

    async def log(self, **query: str | int) -> list[Logged]:
        answer = await self.http.get("/_simulator/requests", params=query)
        return [Logged.model_validate(entry) for entry in answer.json()["requests"]]

    async def last(self) -> Logged:
        return (await self.log())[-1]


@asynccontextmanager
async def talking() -> AsyncIterator[Talk]:
    async with (
        running() as url,
        AsyncAnthropic(base_url=url, api_key="sim", max_retries=0, timeout=PATIENCE_SECONDS) as sdk,
        httpx2.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as http,
    ):
        yield Talk(url, sdk, http)


def deltas(events: list[RawMessageStreamEvent]) -> list[str]:
    """The text deltas among the events."""
    return [
        event.delta.text
        for event in events
        if event.type == "content_block_delta" and event.delta.type == "text_delta"
    ]


def text_of(message: Message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")
