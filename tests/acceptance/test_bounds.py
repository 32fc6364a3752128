"""A tenant that tries to fill the stores, and what the others notice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from statistics import median

import httpx2
import pytest
from penstock_client import Penstock, Run

from shared.flow import JSON
from shared.log import Log, connect
from shared.log.bounds import StoreFull
from tests.cost import Stopwatch
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.api.conftest import started
from tests.integration.api.story import FLOW, Service
from tests.stack import RunningStack, running_stack
from tests.unit.flow.drawing import Drawn

Note = Callable[[str, object], None]

MIB = 1 << 20
RUN_BYTES = 32 * MIB
BLOB_BYTES = 2048 * MIB
# Texts are cut into pieces, and a piece has a header.
OVERHEAD = 1.02
# Both share the processors; waiting behind the others' steps would be a hundredfold.
NOTICED = 30
LARGE_TEXTS = 100
ENVIRONMENT = {
    "PENSTOCK_MAX_RUN_BYTES": str(RUN_BYTES),
    "PENSTOCK_MAX_BLOB_BYTES": str(BLOB_BYTES),
    "PENSTOCK_LINGER_SECONDS": "10",
}


@pytest.fixture(scope="module")
def bounded() -> Iterator[RunningStack]:
    """A stack whose runs may write 32 MiB."""
    with running_stack(environment=ENVIRONMENT) as running:
        yield running


def greedy() -> Drawn:
    """80 KB that ask for 1.6 GB: 62,500 bytes, 256-fold, then a hundred times as a whole."""
    texts = {"seed": "0123456789" * 6_250, "times 16": "{{input}}" * 16}
    texts["times 256"] = "{{input}}" * 16
    chained = list(pairwise(texts))
    texts |= {f"copy {number}": "{{input}}" for number in range(LARGE_TEXTS)}
    copied = [("times 256", f"copy {number}") for number in range(LARGE_TEXTS)]
    return {
        "nodes": [
            {"id": name, "type": "template", "data": {"template": text}}
            for name, text in texts.items()
        ],
        "edges": [{"source": a, "target": b} for a, b in [*chained, *copied]],
    }


async def held(client: Penstock, store: str = "BLOBS") -> int:
    """What a store holds now, in bytes."""
    found = {each.store: each.size_bytes for each in (await client.system()).stores}
    return found[store]


async def ended(client: Penstock, run: str) -> Run:
    """The run, once it is over."""

    async def over() -> Run | None:
        found = await client.runs.get(run)
        return found if found.finished_at is not None else None

    return await eventually(over, every=0.2)


async def tried(client: Penstock) -> str:
    """A run that tries to write 1.5 GB; why it ended."""
    accepted = await client.runs.create(flow=greedy())
    run = await ended(client, accepted.run_id)
    assert run.status == "failed"
    assert run.error is not None
    return str(run.error["code"])


@asynccontextmanager
async def neighbour(stack: RunningStack) -> AsyncIterator[Service]:
    """Another workspace of the same installation."""
    found = stack.stack
    urls = stack.nats_url("api"), found["database_url"]
    async with started(*urls, PENSTOCK_WORKSPACE="acme") as service:
        yield service


async def small_runs(service: Service, count: int = 20) -> list[float]:
    """How long each of so many small runs took, one after the other."""
    return [await _small_run(service) for _ in range(count)]


async def _small_run(service: Service) -> float:
    passing = Stopwatch()
    answer = await service.http.post(f"/api/v1/runs?wait={PATIENCE_SECONDS:g}", json={"flow": FLOW})
    assert (answer.status_code, answer.json()["status"]) == (200, "completed"), answer.text
    return passing.elapsed()


async def test_one_request_that_tries_to_write_a_gigabyte_and_a_half_ends(
    bounded: RunningStack, record_property: Note
) -> None:
    async with bounded.client() as client:
        before = await held(client)
        assert await tried(client) == "run_too_large"
        grown = await held(client) - before
        record_property("MiB", grown / MIB)
        assert grown <= RUN_BYTES * OVERHEAD


async def test_sixteen_such_requests_leave_the_runs_of_others_alone(
    bounded: RunningStack, record_property: Note
) -> None:
    async with bounded.client() as client, neighbour(bounded) as service:
        await small_runs(service)
        before, alone = await held(client), await small_runs(service)
        passing = Stopwatch()
        greedy_runs = asyncio.gather(*(tried(client) for _ in range(16)))
        beside: list[float] = []
        most = 0
        while not greedy_runs.done():
            beside.append(await _small_run(service))
            most = max(most, await held(client) - before)
        assert set(await greedy_runs) == {"run_too_large"}
        record_property("seconds", passing.elapsed())
        record_property("MiB", most / MIB)
        for name, took in (("alone", alone), ("beside", beside)):
            record_property(f"runs {name}", len(took))
            record_property(f"median seconds {name}", median(took))
            record_property(f"most seconds {name}", max(took))
        assert most <= 16 * RUN_BYTES * OVERHEAD
        assert median(beside) < NOTICED * median(alone)


async def filled(log: Log) -> list[str]:
    """Texts of nobody's run, until the store takes no more."""
    names: list[str] = []
    for size in (4 * MIB, 64 << 10, 1):
        with suppress(StoreFull):
            while True:
                body = len(names).to_bytes(4, "big") + bytes(size)
                names.append(await log.put_blob("nobody", "fill", body))
    return names


def asking(text: str) -> Drawn:
    """A person is asked, then a text is made."""
    last: dict[str, JSON] = {"template": text, "retry": {"max_attempts": 2, "initial_seconds": 0.1}}
    return {
        "nodes": [
            {"id": "ask", "type": "approval", "data": {}},
            {"id": "text", "type": "template", "data": last},
        ],
        "edges": [{"source": "ask", "target": "text", "sourceHandle": "approved"}],
    }


async def answered(http: httpx2.AsyncClient, status: int) -> httpx2.Response:
    """The answer to a new run, once it is of this status."""

    async def asked() -> httpx2.Response | None:
        answer = await http.post("runs", json={"flow": asking("x" * 100_000)})
        return answer if answer.status_code == status else None

    return await eventually(asked)


async def test_a_store_filled_to_the_brim_lets_begun_runs_end_and_heals(
    record_property: Note,
) -> None:
    environment = {**ENVIRONMENT, "PENSTOCK_MAX_BLOB_BYTES": str(64 * MIB)}
    with running_stack(workers=1, environment=environment) as stack:
        async with (
            stack.client() as client,
            stack.http() as http,
            connect(stack.nats_url("api"), name="api") as log,
        ):
            begun = [
                (await client.runs.create(flow=asking(text))).run_id
                for text in ("small", "x" * 100_000)
            ]
            names = await filled(log)
            passing = Stopwatch()

            refused = await answered(http, 503)
            record_property("seconds until refused", passing.elapsed())
            assert (refused.json()["code"], refused.headers["retry-after"]) == ("store_full", "2")
            for run in begun:
                await http.post(f"runs/{run}/steps/0/decision", json={"decision": "approve"})
            small, large = [await ended(client, run) for run in begun]
            record_property("seconds until both ended", passing.elapsed())
            assert (small.status, large.status) == ("completed", "failed")
            assert large.error is not None
            assert large.error["code"] == "store_full"
            await log.delete_blobs("nobody", "fill", names)
            passing = Stopwatch()

            healed = (await answered(http, 202)).json()["run_id"]
            record_property("seconds until healed", passing.elapsed())
            await http.post(f"runs/{healed}/steps/0/decision", json={"decision": "approve"})
            assert (await ended(client, healed)).status == "completed"
