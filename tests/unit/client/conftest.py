"""A scripted Penstock, and a client of it that tries again at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from penstock_client import Patience, Penstock

from tests.eventually import PATIENCE_SECONDS
from tests.unit.client.scripted_penstock import ScriptedPenstock, scripted_penstock

PATIENT = Patience(
    silence_seconds=PATIENCE_SECONDS, absence_seconds=PATIENCE_SECONDS, first_retry_seconds=0.001
)
SHORT_OF_SILENCE = replace(PATIENT, silence_seconds=0.2)


@pytest.fixture
async def stack() -> AsyncIterator[ScriptedPenstock]:
    async with scripted_penstock() as stack:
        yield stack


@pytest.fixture
async def client(stack: ScriptedPenstock) -> AsyncIterator[Penstock]:
    async with Penstock(stack.url, "token-of-a-test", patience=PATIENT) as client:
        yield client
