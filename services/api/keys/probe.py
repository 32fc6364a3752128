"""Whether a provider takes a key: it is asked for what costs nothing.

Source: Anthropic API reference, "List Models"; OpenAI API reference, "List models".
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

import httpx2

from services.api.http.outside import ANSWER_SECONDS, OutsideClient
from services.api.keys.refusals import ProviderKeyRefused, ProviderUnavailable
from shared.runtime.model_providers import ModelProvider

_VERSION = "2023-06-01"
_REFUSALS = (401, 403)
_OTHERWISE = "Nothing was kept. Try again, or keep it untested with ?test=false."


class Probe(OutsideClient):
    """Asks the providers where they are; to be entered."""

    def __init__(self, providers: Iterable[ModelProvider]) -> None:
        super().__init__()
        self._providers = {each.name: each for each in providers}

    async def require_good(self, provider: str, key: str) -> None:
        """Raises: ProviderKeyRefused, ProviderUnavailable."""
        status = await self._status(provider, key)
        if status in _REFUSALS:
            raise ProviderKeyRefused(
                f"expected a key that {provider} takes, it refused this one ({status}): copy it "
                "whole from the provider's console. Nothing was kept."
            )
        if not 200 <= status < 300:
            raise ProviderUnavailable(
                f"{provider} did not say whether the key is good (status {status}). {_OTHERWISE}"
            )

    async def _status(self, provider: str, key: str) -> int:
        url, headers = _question(self._providers[provider], key)
        try:
            async with self.places, asyncio.timeout(ANSWER_SECONDS):
                asked = self.http.stream("GET", url, headers=headers)
                async with asked as answer:
                    return answer.status_code
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
            raise ProviderUnavailable(
                f"{provider} does not answer ({type(error).__name__}). {_OTHERWISE}"
            ) from error


def _question(provider: ModelProvider, key: str) -> tuple[str, Mapping[str, str]]:
    """Where the provider lists its models, and what it is told."""
    home = provider.base_url.rstrip("/")
    if provider.kind == "anthropic":
        return f"{home}/v1/models?limit=1", {"x-api-key": key, "anthropic-version": _VERSION}
    return f"{home}/models", {"authorization": f"Bearer {key}"}
