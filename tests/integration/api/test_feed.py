"""The feed of a workspace over HTTP: every lifecycle fact once, in order, wherever its run is."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import nats
import pytest
from penstock_client.sse import Frame, Parser

from shared.ledger.lifecycle import ColdTier
from shared.ledger.pool import connect as connect_ledger
from shared.log import Log
from shared.run import facts as f
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.api.story import Service, Story
from tests.integration.api.test_leaving import leaving
from tests.integration.api.test_past import is_listed
from tests.metered import metric

FEED = "/api/v1/events"
STRANGER = {"workspace": "acme", "run": "019e0000-0000-7000-8000-00000000000a", "partition": 1}


class Ear:
    """What a reader of the feed has heard."""

    def __init__(self, answer: httpx2.Response) -> None:
        self._answer = answer
        self._parts = answer.aiter_bytes()
        self._parser = Parser()
        self.frames: list[Frame] = []

    async def until(self, last: int) -> list[Frame]:
        """All frames up to that of this sequence, which must come."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self.frames or int(self.frames[-1].id) < last:
                self.frames += self._parser.feed(await anext(self._parts))
        return self.frames


@asynccontextmanager
async def ear(service: Service, query: str = "", **headers: str) -> AsyncIterator[Ear]:
    """A reader of the feed that is being told."""
    async with service.http.stream(
        "GET", FEED + query, headers=headers, timeout=PATIENCE_SECONDS
    ) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield Ear(answer)


async def heard(service: Service, last: int, query: str = "", **headers: str) -> list[int]:
    async with ear(service, query, **headers) as listening:
        return ids(await listening.until(last))


def ids(frames: list[Frame]) -> list[int]:
    return [int(frame.id) for frame in frames]


async def are_over(service: Service, *runs: str) -> bool:
    return all([await is_listed(service, run, "completed") for run in runs])


async def lifecycle(log: Log, *runs: str) -> list[int]:
    """The sequences of all that counts of these runs, as the log has it."""
    entries = [entry for run in runs for entry in await log.read_on("default", run, after=0)]
    return sorted(e.sequence for e in entries if not e.rest.startswith("delta."))


async def test_without_a_cursor_it_tells_what_happens_from_now_on_and_no_words(
    service: Service, log: Log
) -> None:
    before = await service.run()
    async with ear(service) as listening:
        runs = [await service.run() for _ in range(3)]
        await asyncio.gather(*(Story(log, run).whole() for run in runs))
        expected = await lifecycle(log, *runs)
        frames = await listening.until(expected[-1])
    assert ids(frames) == expected
    assert "step.delta" not in {frame.event for frame in frames}
    assert before not in {json.loads(frame.data)["run"] for frame in frames}
    async with ear(service, "?unnamed=1") as listening:
        await Story(log, before).begin()
        (started, *_) = await listening.until((await lifecycle(log, before))[-1])
    assert started.event == "message"
    assert json.loads(started.data)["type"] == "run.started"


async def test_who_is_cut_before_its_first_event_goes_on_from_where_it_began(
    service: Service, log: Log
) -> None:
    parser = Parser()
    async with service.http.stream("GET", FEED) as answer:
        assert parser.feed(await anext(answer.aiter_bytes())) == []
    run = await service.run()
    await Story(log, run).whole()
    told = [entry.sequence for entry in (await log.history("default", run)).entries]
    assert await heard(service, told[-1], **{"Last-Event-ID": parser.last_id}) == told


async def test_it_goes_on_from_every_event_across_runs_that_live_are_over_or_have_left(
    projected: Service, log: Log
) -> None:
    gone, going, over, alive = [await projected.run() for _ in range(4)]
    await asyncio.gather(*(Story(log, run).whole() for run in (gone, going, over)))
    await Story(log, alive).begin()
    whole = await lifecycle(log, gone, going, over, alive)
    await eventually(lambda: are_over(projected, gone, going, over))
    async for _ in leaving(log, gone):
        pass
    async for _ in leaving(log, going):
        assert await heard(projected, whole[-1], "?after=0") == whole
    for index, sequence in enumerate(whole[:-1]):
        told = await heard(projected, whole[-1], **{"Last-Event-ID": str(sequence)})
        assert told == whole[index + 1 :]
    await Story(log, alive).whole()
    rest = [each for each in await lifecycle(log, alive) if each > whole[-1]]
    assert await heard(projected, rest[-1], f"?after={whole[3]}") == whole[4:] + rest


async def test_another_workspace_s_facts_never_appear(service: Service, log: Log) -> None:
    await log.append(f.RunRequested(**STRANGER, flow="v"))
    async with ear(service) as listening:
        await log.append(f.RunStarted(**STRANGER))
        run = await service.run()
        await log.append(f.RunCompleted(**STRANGER))
        await Story(log, run).begin()
        expected = await lifecycle(log, run)
        assert ids(await listening.until(expected[-1])) == expected
    assert await heard(service, expected[-1], "?after=0") == expected


async def test_only_the_types_asked_for_are_told(service: Service, log: Log) -> None:
    run = await service.run()
    await Story(log, run).whole()
    last = (await lifecycle(log, run))[-1]
    async with ear(service, "?after=0&types=run.requested,run.completed") as listening:
        frames = await listening.until(last)
    assert [frame.event for frame in frames] == ["run.requested", "run.completed"]
    refused = await service.http.get(f"{FEED}?types=step.delta")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_parameter")
    beyond = await service.http.get(f"{FEED}?after={last + 1000}")
    assert beyond.status_code == 400


async def test_void_facts_and_those_of_no_run_are_never_told(projected: Service, log: Log) -> None:
    run, other = await projected.run(), await projected.run()
    await Story(log, run).whole()
    counting = await lifecycle(log, run)
    inert = {**STRANGER, "workspace": "default"}

    async def disturb() -> None:
        await Story(log, run).ready(0, "late")
        await log.append(f.RunCancelRequested(**_identity(run)))
        await log.append(f.RunStarted(**inert))

    async with ear(projected) as listening:
        await disturb()
        await Story(log, other).begin()
        expected = [each for each in await lifecycle(log, other) if each > counting[-1]]
        assert ids(await listening.until(expected[-1])) == expected
    first = (await lifecycle(log, other))[0]
    whole = sorted([*counting, first, *expected])
    assert await heard(projected, whole[-1], "?after=0") == whole
    assert await heard(projected, whole[-1], f"?after={counting[-1]}") == expected
    await eventually(lambda: is_listed(projected, run, "completed"))
    async for _ in leaving(log, run):
        assert await heard(projected, whole[-1], "?after=0") == whole


def _identity(run: str) -> dict[str, Any]:
    return {"workspace": "default", "run": run, "partition": 0}


async def test_a_parked_run_and_what_is_no_fact_hold_nobody_up(
    projected: Service, log: Log, nats_url: str
) -> None:
    run, other = await projected.run(), await projected.run()
    partition = (await log.read_on("default", run, after=0))[0].address.partition
    subject = f"run.{partition}.default.{run}"
    async with ear(projected) as listening:
        await _publish(nats_url, f"{subject}.stopping", b'{"type":"run.of_tomorrow","version":9}')
        await _publish(nats_url, f"{subject}.deadline", b"no fact at all")
        await Story(log, other).begin()
        last = (await lifecycle(log, other))[-1]
        events = [frame.event for frame in await listening.until(last)]
    assert events == ["run.of_tomorrow", "run.started", "step.ready"]


async def _publish(nats_url: str, subject: str, data: bytes) -> None:
    client = await nats.connect(nats_url)
    await client.jetstream().publish(subject, data)
    await client.close()


async def test_a_projector_that_is_behind_changes_nothing(
    service: Service, log: Log, database_url: str
) -> None:
    runs = [await service.run() for _ in range(4)]
    await asyncio.gather(*(Story(log, run).whole() for run in runs))
    whole = await lifecycle(log, *runs)
    assert await heard(service, whole[-1], "?after=0") == whole
    async with connect_ledger(database_url) as pool:
        assert await ColdTier(pool).covered(await log.about()) == 0


async def test_readers_share_one_subscription_which_is_gone_with_the_last(
    service: Service, log: Log
) -> None:
    async with ear(service) as one, ear(service, "?after=0") as other:
        run = await service.run()
        last = (await lifecycle(log, run))[-1]
        assert ids(await one.until(last)) == ids(await other.until(last)) == [last]
        assert metric("penstock_watched_workspaces") == 1
    await eventually(lambda: metric("penstock_watched_workspaces") == 0)


async def test_it_never_ends_and_is_kept_alive(
    service: Service, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.api.live.reader.KEEP_ALIVE_SECONDS", 0.3)
    run = await service.run()
    async with service.http.stream("GET", FEED) as answer:
        await Story(log, run).whole()
        received = b""
        async for part in answer.aiter_bytes():
            received += part
            if b": keep-alive\n\n" in received and b"run.completed" in received:
                break
    assert b"event: end" not in received
