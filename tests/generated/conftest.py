"""One stack for both generated clients, and its description as a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.servers import own_folder
from tests.stack import RunningStack, running_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    """A whole stack, simulated model included."""
    with running_stack(workers=1) as running:
        yield running


@pytest.fixture
def folder(stack: RunningStack) -> Iterator[Path]:
    """An empty folder but for the description as openapi.json, gone at the end."""
    with own_folder() as own:
        answer = httpx2.get(f"{stack.stack['api_url']}/openapi.json").raise_for_status()
        (own / "openapi.json").write_bytes(answer.content)
        yield own
