"""A client of NATS that hears what an api hears, and asks what an api may ask."""

from __future__ import annotations

import nats
from nats.aio.client import Client

from shared.runtime.nats_addresses import servers

API_INBOX = b"_INBOX_api"
"""Where an api hears the answers of NATS."""


async def hearing(nats_url: str) -> Client:
    """Connected to one of these servers, as `api`."""
    return await nats.connect(servers(nats_url), name="bench", inbox_prefix=API_INBOX)
