"""The provider's client: one a process, without time limits and retries of its own."""

import anthropic
import httpx2
from anthropic import AsyncAnthropic

from shared.runtime.settings import Settings

CONNECT_SECONDS = 10.0
KEPT_SECONDS = 60.0


def client_of(settings: Settings) -> AsyncAnthropic | None:
    """A client for the settings' key and address; None without a key.

    Waiting for an answer is limited by the caller, and a failed call is retried by the scheduler,
    where everyone can see it.
    """
    if settings.anthropic_api_key is None:
        return None
    timeout = httpx2.Timeout(None, connect=CONNECT_SECONDS)
    limits = httpx2.Limits(
        max_connections=None,
        max_keepalive_connections=settings.model_slots,
        keepalive_expiry=KEPT_SECONDS,
    )
    return AsyncAnthropic(
        api_key=settings.anthropic_api_key.get_secret_value(),
        base_url=settings.anthropic_base_url or "https://api.anthropic.com",
        max_retries=0,
        timeout=timeout,
        http_client=anthropic.DefaultAsyncHttpxClient(timeout=timeout, limits=limits),
    )
