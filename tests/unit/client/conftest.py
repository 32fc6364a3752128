"""A scripted Penstock, and a client of it that does not wait long."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from penstock_client import Patience, Penstock

from tests.unit.client.scripted_penstock import ScriptedPenstock, scripted_penstock

QUICK = Patience(silence_seconds=0.2, absence_seconds=0.5, first_retry_seconds=0.001)


@pytest.fixture
async def stack() -> AsyncIterator[ScriptedPenstock]:
    async with scripted_penstock() as stack:
        yield stack


@pytest.fixture
async def client(stack: ScriptedPenstock) -> AsyncIterator[Penstock]:
    async with Penstock(stack.url, "token-of-a-test", patience=QUICK) as client:
        yield client
