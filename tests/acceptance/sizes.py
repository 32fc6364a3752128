"""What a run takes of CPU, memory and disk, by part of a stack: docs/howto/sizing.md.

python -m tests.acceptance.sizes        3,000 runs of three templates, then 400 of three agents
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from bench.flow import three_steps
from bench.processes import Processes
from tests.architecture.source import ROOT
from tests.eventually import eventually
from tests.stack import RunningStack, running_stack

AT_ONCE = 64
RESEARCH = json.loads((ROOT / "examples" / "research.json").read_text())
KINDS: Mapping[str, tuple[int, dict[str, Any]]] = {
    "three templates": (3_000, {"flow": three_steps(), "input": "Rivers"}),
    "three agents": (
        400,
        {"flow": RESEARCH, "input": "Rivers", "variables": {"audience": "everybody"}},
    ),
}


@dataclass(frozen=True)
class Held:
    """Bytes that are kept: by NATS in the log, by Postgres in the database."""

    log: int
    database: int


async def measure(stack: RunningStack, kind: str) -> None:
    """Runs so many of a kind, and prints what they took."""
    count, body = KINDS[kind]
    processes, places = Processes(stack.stack), asyncio.Semaphore(AT_ONCE)
    before, began = await held(stack), processes.read()
    async with stack.http() as http:

        async def one() -> None:
            async with places:
                answer = await http.post("runs", json=body, params={"wait": "120"})
            assert answer.json()["status"] == "completed", answer.text

        await asyncio.gather(*(one() for _ in range(count)))
    await eventually(lambda: is_copied(stack))
    used, after = processes.read().since(began), await held(stack)
    told = {
        "CPU, s": {name: round(cpu / count * 1_000, 2) for name, cpu in used.items()},
        "log, MB": round((after.log - before.log) / count / 1_000, 1),
        "Postgres, MB": round((after.database - before.database) / count / 1_000, 1),
        "memory afterwards, MiB": memory(processes),
    }
    say(f"{count} runs of {kind}, {AT_ONCE} at a time; 1,000 of them take:")
    for name, value in told.items():
        say(f"  {name}: {value}")


def memory(processes: Processes) -> dict[str, int]:
    """MiB of each part; a page that several share is counted once over them."""
    return {name: round(mib) for name, mib in processes.pss_mib().items()}


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def held(stack: RunningStack) -> Held:
    """What the stores hold now."""
    connection = await asyncpg.connect(stack.stack["database_url"])
    try:
        database = await connection.fetchval("select pg_database_size(current_database())")
    finally:
        await connection.close()
    return Held(int((await system(stack))["log"]["size_bytes"]), int(database))


async def is_copied(stack: RunningStack) -> bool:
    """Postgres has everything that the log has."""
    return not (await system(stack))["projector"]["behind_facts"]


async def system(stack: RunningStack) -> dict[str, Any]:
    async with stack.http() as http:
        told: dict[str, Any] = (await http.get("admin/system")).raise_for_status().json()
    return told


async def main() -> None:
    with running_stack(workers=2) as stack:
        say(f"memory at first, MiB: {memory(Processes(stack.stack))}")
        for kind in KINDS:
            await measure(stack, kind)


if __name__ == "__main__":
    said = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    said.parse_args()
    asyncio.run(main())
