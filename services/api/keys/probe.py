"""Whether a provider takes a key: it is asked for what costs nothing.

Source: Anthropic API reference, "List Models".
"""

from __future__ import annotations

import asyncio

import httpx2

from services.api.http.outside import ANSWER_SECONDS, OutsideClient
from services.api.keys.refusals import ProviderKeyRefused, ProviderUnavailable

_HOME = "https://api.anthropic.com"
_VERSION = "2023-06-01"
_REFUSALS = (401, 403)
_OTHERWISE = "Nothing was kept. Try again, or keep it untested with ?test=false."


class Probe(OutsideClient):
    """Asks the provider at `base_url`; to be entered."""

    def __init__(self, base_url: str | None) -> None:
        super().__init__()
        self._url = f"{(base_url or _HOME).rstrip('/')}/v1/models"

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
        headers = {"x-api-key": key, "anthropic-version": _VERSION}
        try:
            async with self.places, asyncio.timeout(ANSWER_SECONDS):
                asked = self.http.stream("GET", self._url, headers=headers, params={"limit": 1})
                async with asked as answer:
                    return answer.status_code
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
            raise ProviderUnavailable(
                f"{provider} does not answer ({type(error).__name__}). {_OTHERWISE}"
            ) from error
