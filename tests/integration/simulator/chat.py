"""A running simulator as tests of the Chat Completions API talk to it: the real SDK, plain HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import httpx2
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import TypeAdapter

from simulator.http.quota import Quota
from simulator.server import running
from tests.eventually import PATIENCE_SECONDS

MODEL = "llama3.3"
FAST = " [[sim: rate=0]]"
PATH = "/v1/chat/completions"
Json: TypeAlias = dict[str, object]
OBJECT = TypeAdapter(Json)


@dataclass(frozen=True)
class Chat:
    """`system` carries the markers; the rate is as fast as possible."""

    url: str
    sdk: AsyncOpenAI
    http: httpx2.AsyncClient

    def body(self, system: str, user: str = "hi", **more: object) -> Json:
        messages = [
            {"role": "system", "content": system + FAST},
            {"role": "user", "content": user},
        ]
        return {"model": MODEL, "messages": messages, **more}

    async def chunks(
        self, system: str, *, usage: bool = False, user: str = "hi"
    ) -> list[ChatCompletionChunk]:
        """Every chunk of one stream, as the SDK reads it."""
        stream = await self.sdk.chat.completions.create(
            model=MODEL,
            messages=[
                {"role": "system", "content": system + FAST},
                {"role": "user", "content": user},
            ],
            stream=True,
            stream_options={"include_usage": usage},
        )
        return [chunk async for chunk in stream]

    async def whole(self, system: str, user: str = "hi") -> ChatCompletion:
        """The answer without a stream."""
        return await self.sdk.chat.completions.create(
            model=MODEL,
            messages=[
                {"role": "system", "content": system + FAST},
                {"role": "user", "content": user},
            ],
        )

    async def post(self, body: object, key: str = "sim") -> httpx2.Response:
        headers = {"authorization": f"Bearer {key}"}
        return await self.http.post(PATH, json=body, headers=headers)

    async def answer(self, body: object) -> ChatCompletion:
        """What a body of any shape is answered with."""
        answer = await self.post(body)
        assert answer.status_code == 200, answer.text
        return ChatCompletion.model_validate_json(answer.content)

    async def refused(self, body: object) -> Json:
        """The error of a body that is answered with 400."""
        answer = await self.post(body)
        assert answer.status_code == 400, answer.text
        return OBJECT.validate_python(answer.json()["error"])

    async def log(self) -> list[Json]:
        answer = await self.http.get("/_simulator/requests")
        return [OBJECT.validate_python(entry) for entry in answer.json()["requests"]]


@asynccontextmanager
async def chatting(quota: Quota | None = None) -> AsyncIterator[Chat]:
    async with (
        running(quota=quota) as url,
        AsyncOpenAI(
            base_url=f"{url}/v1", api_key="sim", max_retries=0, timeout=PATIENCE_SECONDS
        ) as sdk,
        httpx2.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as http,
    ):
        yield Chat(url, sdk, http)


def text_of(chunks: Iterable[ChatCompletionChunk]) -> str:
    deltas = (chunk.choices[0].delta for chunk in chunks if chunk.choices)
    return "".join(delta.content or "" for delta in deltas)


def finish_of(chunks: Iterable[ChatCompletionChunk]) -> str | None:
    reasons = (chunk.choices[0].finish_reason for chunk in chunks if chunk.choices)
    return next((reason for reason in reasons if reason), None)
