"""A projector's connection to a database of its own."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared.ledger.pool import opened


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the test's database."""
    async with opened(database_url) as made:
        yield made
