"""A scripted Penstock that a command finds from its working directory."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.cli.script import FLOW, RUN, STEPS, Script
from tests.unit.client.scripted_penstock import scripted_penstock


@pytest.fixture
async def script(tmp_path: Path) -> AsyncIterator[Script]:
    """A run of two agents, `RUN`, and its flow in `flow.json`."""
    (tmp_path / "flow.json").write_text(json.dumps(FLOW))
    async with scripted_penstock() as stack:
        described = {"api_url": stack.url, "token": "token-of-the-stack", "simulated": False}
        (tmp_path / ".penstock").mkdir()
        (tmp_path / ".penstock" / "stack.json").write_text(json.dumps(described))
        script = Script(stack, tmp_path)
        script.accept(RUN)
        script.show(steps=STEPS)
        yield script
