"""What a process says of itself on its standard error, a JSON object a line."""

from __future__ import annotations

import json
from asyncio.subprocess import Process


async def logged(process: Process, action: str) -> dict[str, object]:
    """The next record of this action; an AssertionError if the process ends without one."""
    assert process.stderr is not None
    async for line in process.stderr:
        record: dict[str, object] = json.loads(line)
        if record["action"] == action:
            return record
    raise AssertionError(f"{action} was never logged")
