"""Recorded streams of a model, mutated by byte and by field, against a real worker on a real log.

    python -m tests.acceptance.odd_streams [SECONDS] [FIRST SEED]

Every seed is one run of one agent. Whatever its model sends: its step ends in one execution, no
step crashes, nothing is blamed on the step, and every fact can be kept by every store: in the end a
projector copies them all into PostgreSQL, parks none of the runs, and the api lists them.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from random import Random
from time import monotonic

import httpx2
from structlog.testing import capture_logs
from structlog.typing import EventDict

from shared.ledger.pool import opened
from shared.log import connect
from shared.log.port import Log
from shared.log.provision import provision
from shared.run import facts as f
from shared.run.content import MOST_COUNT, Usage
from simulator.server import running
from tests.eventually import eventually
from tests.integration.agent_worker.stage import POOLS, Run, Stage, agent, chain
from tests.integration.api.conftest import started
from tests.integration.projector.test_service import service
from tests.servers import NatsServer, PostgresServer, own_folder

SECONDS = 60.0
AT_ONCE = 16
MARKERS = (
    "text=one rate=0",
    "thinking=5 unicode rate=0",
    "search=rivers fetch words=8 rate=0",
    "tool=call rate=0",
    "stop_reason=max_tokens blocks=2 words=9 rate=0",
    "stop_reason=refusal category=cyber empty",
    "stop_reason=pause_turn words=3 rate=0",
    "unknown words=3 rate=0",
    "error=overloaded_error after=1 rate=0",
)
VALUES: tuple[object, ...] = (
    *(None, True, 0, -1, 2**63, 10**30, 1e308, 1.5, "", "\0", "\ud83d", "\ude00x", "x" * 5000),
    *([], {}, [None], {"a": {"b": "\ud800\0"}}, "text", "tool_use", "thinking", "max_tokens"),
)
RAW = (b"", b"\0", b"\xff", b"\n", b"\r", b"\n\n", b"data: 5\n\n", b"[" * 3000, b"NaN", b"1e999")
_NUL = re.compile(rb"\0|(?<!\\)(?:\\\\)*\\u0000")
_SEED = re.compile(rb"odd stream (\d+)")
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


def mutated(stream: bytes, chance: Random) -> bytes:
    """The stream with one to three mutations."""
    for _ in range(chance.randint(1, 3)):
        stream = chance.choice((_by_byte, _by_field, _by_field, _by_frame))(stream, chance)
    return stream


def _by_byte(stream: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(stream) + 1)
    return stream[:at] + chance.choice(RAW) + stream[at + chance.choice((0, 1, 4)) :]


def _by_frame(stream: bytes, chance: Random) -> bytes:
    frames = stream.split(b"\n\n")
    at, other = chance.randrange(len(frames)), chance.randrange(len(frames))
    change: Callable[[], None] = chance.choice(
        (
            lambda: frames.insert(at, frames[other]),
            lambda: frames.__delitem__(at),
            lambda: frames.__setitem__(at, frames[other]),
            lambda: frames.__delitem__(slice(at, None)),
        )
    )
    change()
    return b"\n\n".join(frames)


def _by_field(stream: bytes, chance: Random) -> bytes:
    frames = stream.split(b"\n\n")
    at = chance.randrange(len(frames))
    head, mark, data = frames[at].partition(b"data: ")
    try:
        event = json.loads(data)
    except ValueError:
        return stream
    _set_somewhere(event, chance)
    frames[at] = head + mark + json.dumps(event).encode()
    return b"\n\n".join(frames)


def _set_somewhere(value: object, chance: Random) -> None:
    """Changes one member of an object, at any depth."""
    if not isinstance(value, dict) or not value:
        return
    key = chance.choice(list(value))
    deeper = [member for member in value.values() if isinstance(member, dict) and member]
    if deeper and chance.random() < 0.6:
        _set_somewhere(chance.choice(deeper), chance)
    elif chance.random() < 0.3:
        del value[key]
    else:
        value[key] = chance.choice(VALUES)


@asynccontextmanager
async def odd_model(recorded: list[bytes]) -> AsyncIterator[str]:
    """A model that answers each request by the seed in it; its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()
            return
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        body = await reader.readexactly(int(length[1])) if length else b""
        seed = _SEED.search(body)
        chance = Random(int(seed[1]) if seed else 0)
        stream = mutated(chance.choice(recorded), chance)
        writer.write(_HEAD)
        at = 0
        while at < len(stream):
            size = chance.choice((1, 7, 100, 5000))
            writer.write(stream[at : at + size])
            at += size
        if chance.random() < 0.05:
            await reader.read()  # held open until the client has had enough
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.close()


async def recorded_streams() -> list[bytes]:
    """What the simulator says to each marker."""
    async with running() as url, httpx2.AsyncClient(base_url=url) as http:
        return [await _recorded(http, marker) for marker in MARKERS]


async def _recorded(http: httpx2.AsyncClient, marker: str) -> bytes:
    asked = {
        "model": "claude-haiku-5-5",
        "max_tokens": 100,
        "stream": True,
        "messages": [{"role": "user", "content": f"Hi [[sim: {marker}]]"}],
    }
    headers = {"x-api-key": "simulated", "anthropic-version": "2023-06-01"}
    return (await http.post("/v1/messages", json=asked, headers=headers)).read()


async def objections(run: Run) -> list[str]:
    """What is wrong with the facts of a run whose step has ended."""
    found = []
    entries = await run.entries()
    facts = [entry.recorded().fact for entry in entries]
    started = sum(isinstance(fact, f.StepStarted) for fact in facts)
    if started != 1:
        found.append(f"{started} executions")
    for entry, fact in zip(entries, facts, strict=True):
        if _NUL.search(entry.data):
            found.append(f"NUL in {fact.type}")
        json.loads(entry.data, parse_constant=found.append)
        if isinstance(fact, f.StepFailed) and fact.error.code == "poison":
            found.append("poison")
        usage = getattr(fact, "usage", Usage())
        if not all(0 <= count <= MOST_COUNT for count in usage.model_dump().values()):
            found.append(f"counts {usage}")
    told = "".join(fact.text for fact in facts if isinstance(fact, f.StepDelta))
    output = next((fact.output for fact in facts if isinstance(fact, f.StepCompleted)), None)
    if isinstance(output, str) and output != told:
        found.append(f"told {told[:80]!r}, put out {output[:80]!r}")
    return found


async def _one(stage: Stage, seed: int) -> str | None:
    limits = {"idle_seconds": 0.5, "first_token_seconds": 0.5, "quiet_seconds": 2}
    run = await stage.run(chain(agent("a", f"This is odd stream {seed}.", **limits)))
    await run.ready("a")
    ended = await run.outcome("a")
    wrong = await objections(run)
    how = ended.error.code if isinstance(ended, f.StepFailed) else ended.type
    _HOW[how] = _HOW.get(how, 0) + 1
    return f"seed {seed}: {wrong}" if wrong else None


_HOW: dict[str, int] = {}


def _logged(logs: list[EventDict]) -> list[str]:
    wrong = ("step.crashed", "step.poisoned", "step.parked")
    return [str(line) for line in logs if line["event"] in wrong]


async def not_kept(store: Log, url: str, database_url: str, runs: int) -> list[str]:
    """What PostgreSQL refuses of so many runs, and the api of its lists, once all is copied."""
    last = await store.last_sequence(rest="step.*.*.finished")

    async def copied() -> bool:
        position = await database.fetchval("select coalesce(max(seq), 0) from positions")
        return bool(position >= last)

    async with opened(database_url) as database, service(url, database_url):
        await eventually(copied)
        parked = await database.fetch("select run_id, reason from parked_runs")
        facts = await database.fetchval("select count(*) from facts")
        async with started(url, database_url) as api:
            listed, answers = await _listed(api.http)
    sys.stdout.write(f"PostgreSQL has {facts} facts; {listed} runs were listed\n")
    found = [f"parked: {row}" for row in parked] + answers
    return found if listed == runs else [*found, f"{listed} of {runs} runs were listed"]


async def _listed(http: httpx2.AsyncClient) -> tuple[int, list[str]]:
    """How many runs the pages of the list have, and the pages that are none."""
    listed, query = 0, {"limit": "100"}
    while True:
        answer = await http.get("/api/v1/runs", params=query)
        if answer.status_code != httpx2.codes.OK:
            return listed, [f"{answer.status_code}: {answer.text}"]
        page = answer.json()
        listed += len(page["items"])
        if page["next_cursor"] is None:
            return listed, []
        query["cursor"] = page["next_cursor"]


async def fuzz(url: str, database_url: str, seconds: float, first: int) -> list[str]:
    """What was found wrong within so many seconds, from this seed on."""
    await provision(url, partitions=1, pools=POOLS)
    found: list[str] = []
    until, seed = monotonic() + seconds, first
    async with odd_model(await recorded_streams()) as model, connect(url, name="odd") as store:
        stage = Stage(store, model)
        async with stage.working():
            while monotonic() < until and not found:
                with capture_logs() as logs:
                    seeds = range(seed, seed + AT_ONCE)
                    told = await asyncio.gather(*(_one(stage, each) for each in seeds))
                found += [*filter(None, told), *_logged(logs)]
                seed += AT_ONCE
        await stage.close()
        found += await not_kept(store, url, database_url, seed - first)
    sys.stdout.write(f"{seed - first} streams, from seed {first} on: {_HOW}\n")
    return found


def main() -> None:
    """Raises: SystemExit with 1 when something is wrong."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with own_folder() as folder:
        log, database = NatsServer(folder), PostgresServer(folder / "postgres")
        with ExitStack() as stack:
            for server in (log, database):
                server.start()
                stack.callback(server.stop)
            database_url = asyncio.run(database.clone())
            found = asyncio.run(fuzz(log.url, database_url, seconds, first))
    sys.stdout.write("".join(f"{each}\n" for each in found))
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
