"""A NATS server of its own for each test, with the users of tools."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.nats_tools.tool_world import ToolWorld, tool_world


@pytest.fixture
async def world() -> AsyncIterator[ToolWorld]:
    async with tool_world() as opened:
        yield opened
