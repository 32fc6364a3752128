"""A simulator of its own for every test, on a free port."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.simulator.talk import Talk, talking


@pytest.fixture
async def talk() -> AsyncIterator[Talk]:
    async with talking() as talk:
        yield talk
