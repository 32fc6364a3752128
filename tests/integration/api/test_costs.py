"""What runs cost: the same wherever it is told, of a run that lives and of one that is over."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx2

from shared.log import Log
from shared.log.subjects import partition_of
from shared.run import facts as f
from shared.run.content import Cause, Usage
from tests.eventually import eventually
from tests.integration.api.conftest import PARTITIONS
from tests.integration.api.story import AGENTS, Service
from tests.integration.api.test_past import forget, is_listed

HAIKU = "claude-haiku-5-5"
FIRST = Usage(input_tokens=60_000, cache_read_tokens=40_000, output_tokens=1_000)
SECOND = Usage(input_tokens=100_000, cache_creation_5m_tokens=1, output_tokens=10)
# 6,000 + 400 + 500, and in the tier above 50,000 + 0.625 + 25.
DRAFT_COST, RETRIED_COST = "0.056926", "0.006900"


class Told:
    """A run as every answer tells its cost."""

    def __init__(self, service: Service, run: str) -> None:
        self._service = service
        self._run = run

    async def costs(self) -> set[str | None]:
        """What the run costs, in each place."""
        detail = await self._get(f"/api/v1/runs/{self._run}")
        used = await self._get(f"/api/v1/runs/{self._run}/usage")
        return {detail["cost_usd"], used["cost_usd"], *await self.listed()}

    async def listed(self) -> set[str | None]:
        """The same, in lists."""
        pages = [await self._get(path) for path in ("/api/v1/runs", "/api/v1/admin/runs")]
        items = [item for page in pages for item in page["items"]]
        return {item["cost_usd"] for item in items if item["run_id"] == self._run}

    async def has(self, cost: str | None) -> bool:
        return await self.listed() == await self.costs() == {cost}

    async def step(self, number: int) -> dict[str, Any]:
        return await self._get(f"/api/v1/runs/{self._run}/steps/{number}")

    async def usage(self) -> dict[str, Any]:
        return await self._get(f"/api/v1/runs/{self._run}/usage")

    async def _get(self, path: str) -> dict[str, Any]:
        answer = await self._service.http.get(path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def whose(run: str) -> dict[str, Any]:
    return {"workspace": "default", "run": run, "partition": partition_of(run, PARTITIONS)}


def of(run: str, step: int, attempt: int = 1) -> dict[str, Any]:
    return {**whose(run), "step": step, "node": ("draft", "final")[step], "attempt": attempt}


async def begin(log: Log, run: str, step: int, attempt: int = 1) -> None:
    at = of(run, step, attempt)
    await log.append(f.StepReady(**at, kind="agent", pool="default"))
    await log.append(f.StepStarted(**at, execution=1, worker="w"))


async def take_turn(log: Log, run: str, step: int, used: Usage, number: int = 1) -> None:
    said = {"turn": number, "execution": 1, "content": "[]", "model": HAIKU}
    await log.append(f.StepTurn(**of(run, step), **said, usage=used))


async def complete(log: Log, run: str, step: int, used: Usage, **about: Any) -> None:
    at = of(run, step, about.pop("attempt", 1))
    await log.append(f.StepCompleted(**at, execution=1, output="so", usage=used, **about))


async def test_a_living_run_and_one_that_is_over_tell_the_same_cost_everywhere(
    projected: Service, log: Log
) -> None:
    run = await projected.run(flow=AGENTS)
    told = Told(projected, run)
    await eventually(lambda: told.has("0.000000"))
    await begin(log, run, 0)
    await take_turn(log, run, 0, FIRST)
    await eventually(lambda: told.has(RETRIED_COST))
    cause = Cause(code="overloaded", message="busy", retryable=True)
    failed = f.StepFailed(
        **of(run, 0), execution=1, error=cause, usage=FIRST.plus(SECOND), model=HAIKU
    )
    await log.append(failed)
    await eventually(lambda: told.has(DRAFT_COST))
    await begin(log, run, 0, attempt=2)
    await complete(log, run, 0, FIRST, attempt=2, model=HAIKU)
    await begin(log, run, 1)
    await complete(log, run, 1, Usage(output_tokens=1), model=HAIKU)
    # 56,925.625 + 6,900 + 0.5, rounded once.
    await eventually(lambda: told.has("0.063826"))
    await log.append(
        f.RunCompleted(**{k: of(run, 0)[k] for k in ("workspace", "run", "partition")})
    )
    await eventually(lambda: is_listed(projected, run, "completed"))
    before = [await told.usage(), await told.step(0), await told.step(1)]
    await forget(log, run)
    assert await told.costs() == {"0.063826"}
    assert [await told.usage(), await told.step(0), await told.step(1)] == before
    usage, draft, final = before
    attempts = [attempt["cost_usd"] for attempt in draft["attempts"]]
    assert (draft["cost_usd"], attempts) == ("0.063826", [DRAFT_COST, RETRIED_COST])
    assert final["cost_usd"] == "0.000001"
    assert [step["cost_usd"] for step in usage["steps"]] == ["0.063826", "0.000001"]
    assert usage["usage"]["cache_read_tokens"] == 80_000


async def test_a_turn_recorded_behind_the_end_of_its_run_counts_everywhere(
    projected: Service, log: Log
) -> None:
    run = await projected.run(flow=AGENTS)
    told = Told(projected, run)
    await begin(log, run, 0)
    await take_turn(log, run, 0, FIRST)
    await log.append(f.RunCancelled(**whose(run)))
    await take_turn(log, run, 0, FIRST, number=2)
    await eventually(lambda: told.has("0.013800"))
    await eventually(lambda: is_listed(projected, run, "cancelled"))
    await forget(log, run)
    assert await told.has("0.013800")


async def test_an_unknown_price_is_null_for_the_run_and_for_that_step_alone(
    projected: Service, log: Log
) -> None:
    run = await projected.run(flow=AGENTS)
    told = Told(projected, run)
    for step, model in enumerate((HAIKU, "claude-unheard-of-9")):
        await begin(log, run, step)
        await complete(log, run, step, Usage(output_tokens=2), model=model)
    await eventually(lambda: told.has(None))
    assert [(await told.step(n))["cost_usd"] for n in (0, 1)] == ["0.000001", None]


async def test_a_ticket_reads_what_its_run_costs_and_no_other_s(service: Service) -> None:
    answer = await service.http.post("/api/v1/runs", json={"flow": AGENTS})
    url = urlsplit(answer.json()["events_url"])
    path = url.path.replace("events", "usage")
    other = f"/api/v1/runs/{await service.run()}/usage"
    async with httpx2.AsyncClient(base_url=service.url, trust_env=False) as stranger:
        told = await stranger.get(f"{path}?{url.query}")
        assert (told.status_code, told.json()["cost_usd"]) == (200, "0.000000")
        assert (await stranger.get(path)).status_code == 401
        assert (await stranger.get(f"{other}?{url.query}")).status_code == 401
