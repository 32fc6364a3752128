"""The provider's client: one a process, without time limits and retries of its own."""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import cast

import anthropic
from anthropic import AsyncAnthropic
from cachetools import LRUCache

from services.agent_worker.limits import Limits, limit_name
from services.agent_worker.providers.anthropic.allowance import exhausted_seconds
from services.agent_worker.providers.anthropic.classify import MODEL_ERRORS, classify
from services.agent_worker.providers.anthropic.reading import Reading
from services.agent_worker.providers.anthropic.request import parameters_of
from services.agent_worker.providers.anthropic.tools import Block, calls_in, citations_in
from services.agent_worker.providers.border import recorded
from services.agent_worker.providers.causes import OVERLOADED, RATE_LIMITED
from services.agent_worker.providers.provider import Event, Request, ToolCall
from services.agent_worker.providers.transport import TIMEOUT, NoStream, connections, farewell
from shared.errors import AttemptFailed
from shared.models import capabilities
from shared.run.content import Cause, CitationAt
from shared.runtime.logging import logger
from shared.runtime.model_providers import ModelProvider

MOST_KEYS = 1_000
NO_KEY = "none"  # or the client would look for one in the environment

log = logger()


class AnthropicProvider:
    """Keeps the Protocol `Provider`."""

    errors = MODEL_ERRORS

    def __init__(
        self, name: str, client: AsyncAnthropic, limits: Limits, key: str = NO_KEY
    ) -> None:
        self.name = name
        self._client = client
        self._limits = limits
        self._key = key
        self._by_key: LRUCache[str, AnthropicProvider] = LRUCache(MOST_KEYS)

    def with_key(self, key: str | None) -> "AnthropicProvider":
        """The same provider over the same connections, asked by this key."""
        key = key or NO_KEY
        known = self._by_key.get(key)
        if known is None:
            client = self._client.with_options(api_key=key)
            known = AnthropicProvider(self.name, client, self._limits, key)
            self._by_key[key] = known
        return known

    def refused_seconds(self, model: str) -> float:
        """How long it would refuse this model, by this key, as far as is known; 0 if not."""
        return self._limits.seconds_left(self._limit_of(model))

    async def stream(self, request: Request) -> AsyncGenerator[Sequence[Event], None]:
        """The events of each piece of the answer; the connection is free or closed at the end.

        Raises: `errors`, Corrupt.
        """
        reading = Reading()
        asked = parameters_of(request, capabilities(request.whole, datetime.now(UTC)))
        try:
            opening = await self._client.messages.create(**asked)
        except anthropic.APIStatusError as refused:
            cause = classify(refused, attempt=1)
            if cause.retryable and cause.code in (RATE_LIMITED, OVERLOADED):
                self._learn(request.model, cause.retry_after_seconds)
            raise
        async with opening as answer:
            headers = answer.response.headers
            self._learn(request.model, exhausted_seconds(headers, datetime.now(UTC)))
            # Read below the SDK, which passes over pings and believes what its types say.
            pieces = answer.response.aiter_bytes()
            async for piece in pieces:
                yield reading.take(piece)
                if reading.failure is not None:
                    raise reading.failure
                if reading.has_ended:
                    await farewell(pieces)
                    break
        if not reading.is_message:
            raise NoStream
        if reading.stop_reason is None:
            message = "the model's answer ended in the middle, without a reason"
            raise AttemptFailed(message, code="truncated_stream", retry=True)
        if not reading.has_ended:
            log.warning("model.stream_unfinished", stop_reason=reading.stop_reason)
        yield reading.ending()

    def calls_in(self, content: str) -> Sequence[ToolCall]:
        """The calls of the worker's tools that a turn asks for. Raises: Corrupt."""
        return calls_in(cast("list[Block]", recorded(content)))

    def citations_in(self, content: str, text: str) -> Sequence[CitationAt]:
        """The sources that a turn names. Raises: Corrupt."""
        return citations_in(cast("list[Block]", recorded(content)), len(text))

    def classify(self, error: BaseException, *, attempt: int) -> Cause:
        """Why attempt number `attempt` failed."""
        return classify(error, attempt=attempt)

    def _limit_of(self, model: str) -> str:
        return limit_name(self.name, self._key, model)

    def _learn(self, model: str, seconds: float | None) -> None:
        if seconds:
            self._limits.learn(self._limit_of(model), seconds)

    async def close(self) -> None:
        """Leaves no connection open."""
        await self._client.close()


def anthropic_of(provider: ModelProvider, limits: Limits, slots: int) -> AnthropicProvider:
    """The provider at its address; each step brings the key it is asked by.

    Waiting for an answer is limited by the caller, and a failed call is retried by the scheduler,
    where everyone can see it. Redirects are not followed: a request carries the key.
    """
    http = anthropic.DefaultAsyncHttpxClient(
        timeout=TIMEOUT, limits=connections(slots), follow_redirects=False
    )
    client = AsyncAnthropic(
        api_key=NO_KEY,
        base_url=provider.base_url,
        max_retries=0,
        timeout=TIMEOUT,
        http_client=http,
    )
    return AnthropicProvider(provider.name, client, limits)
