"""What is in hand, and how it is kept: on the log's twin, whose time stands still."""

import asyncio
from uuid import uuid4

import pytest

from services.agent_worker import stop
from services.agent_worker.execution import Execution, Hands, ready_of
from services.agent_worker.heartbeat import beat
from services.agent_worker.interrupt import Interrupt
from services.agent_worker.kinds.agent import kept_seconds
from services.agent_worker.model.patience import Limits, Patience
from services.agent_worker.providers.provider import SIGN, Text
from shared.errors import Corrupt
from shared.flow import Flow, content, parse, version_of
from shared.log.flows import Flows
from shared.log.memory import MemoryLog
from shared.log.port import Deliveries, Delivery
from shared.run import facts as f
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.agent_worker.stage import agent, chain


def ready(run: str) -> f.StepReady:
    return f.StepReady(
        workspace="w",
        run=run,
        partition=0,
        step=0,
        node="n",
        attempt=1,
        kind="template",
        pool="local",
    )


async def delivered(deliveries: Deliveries) -> Delivery:
    """The one delivery that comes next."""
    [delivery] = await asyncio.wait_for(deliveries.next(), PATIENCE_SECONDS)
    return delivery


def taken(hands: Hands, delivery: Delivery) -> Execution | None:
    fact = ready_of(delivery)
    assert not isinstance(fact, Corrupt)
    return hands.take(fact, delivery)


async def test_a_delivery_that_comes_again_is_adopted_and_not_executed_twice() -> None:
    store, hands = MemoryLog(), Hands()
    async with store.work("local") as deliveries:
        deliveries.credit(2)
        await store.append(ready("r"))
        first = await delivered(deliveries)
        execution = taken(hands, first)
        assert execution is not None
        store.clock.advance(6)
        again = await delivered(deliveries)
        assert again.count == 2
        assert taken(hands, again) is None
        assert execution.delivery is again
        assert len(hands) == 1
        hands.drop(execution)
        assert len(hands) == 0


async def test_a_heartbeat_keeps_what_is_in_hand_from_coming_again() -> None:
    store, hands = MemoryLog(), Hands()
    async with store.work("local") as deliveries:
        deliveries.credit(2)
        await store.append(ready("r"))
        delivery = await delivered(deliveries)
        told = asyncio.Event()

        class Listening:
            """The delivery, with an ear for its heartbeat."""

            entry, count, order, pin = delivery.entry, 1, delivery.order, ""
            beside = ()

            def ack(self) -> None: ...

            def nak(self, delay_seconds: float = 0) -> None: ...

            def in_progress(self) -> None:
                delivery.in_progress()
                told.set()

        assert taken(hands, Listening()) is not None
        beating = asyncio.create_task(beat(store, hands, 0.001))
        for _ in range(4):
            told.clear()
            await asyncio.wait_for(told.wait(), PATIENCE_SECONDS)
            store.clock.advance(3)
        waiting = asyncio.ensure_future(deliveries.next())
        await asyncio.sleep(0)
        assert not waiting.done(), "12 s have passed, and nobody else got it"
        waiting.cancel()
        beating.cancel()


async def test_an_order_to_stop_that_nobody_heard_is_found_by_the_heartbeat() -> None:
    store, hands = MemoryLog(), Hands()
    async with store.work("local") as deliveries:
        deliveries.credit(2)
        runs = [uuid4().hex, uuid4().hex]
        executions = []
        for run in runs:
            await store.append(ready(run))
            execution = taken(hands, await delivered(deliveries))
            assert execution is not None
            execution.is_executing = True
            executions.append(execution)
        await store.append(
            f.RunStopping(workspace="w", run=runs[0], partition=0, reason="deadline")
        )
        beating = asyncio.create_task(beat(store, hands, 0.001))
        await eventually(lambda: executions[0].interrupt.reason == "stopped")
        assert executions[1].interrupt.reason is None
        beating.cancel()


async def test_a_step_that_comes_behind_the_order_to_stop_is_interrupted_as_it_is_taken() -> None:
    store, hands = MemoryLog(), Hands()
    async with store.work("local") as deliveries:
        deliveries.credit(2)
        hands.stop("w", "told")
        for run in ("told", "other"):
            await store.append(ready(run))
        taken_now = [taken(hands, delivery) for delivery in await deliveries.next()]
        reasons = {e.key.run: e.interrupt.reason for e in taken_now if e is not None}
        assert reasons == {"told": "stopped", "other": None}


async def test_what_was_lost_with_the_connection_is_looked_for_at_once() -> None:
    store, hands = MemoryLog(), Hands()
    async with store.work("local") as deliveries, store.live("*", "*", "cancel") as feed:
        deliveries.credit(1)
        await store.append(f.RunCancelRequested(workspace="w", run="r", partition=0))
        await store.append(ready("r"))
        await feed.next()
        execution = taken(hands, await delivered(deliveries))
        assert execution is not None
        execution.is_executing = True
        obeying = asyncio.create_task(stop.obey(store, feed, hands))
        store.disturb("the test says so")
        await eventually(lambda: execution.interrupt.reason == "stopped")
        obeying.cancel()


async def test_a_flow_is_read_once_and_the_longest_unused_is_forgotten() -> None:
    store = MemoryLog()
    versions = []
    for text in "abc":
        raw = {"nodes": [{"id": "n", "type": "template", "data": {"template": text}}], "edges": []}
        versions.append(version_of(raw))
        await store.put_flow(versions[-1], content(raw))
    flows = Flows(store, most_steps=2)
    a, also_a = await asyncio.gather(flows.flow(versions[0]), flows.flow(versions[0]))
    assert a is also_a
    await flows.flow(versions[1])
    assert await flows.flow(versions[0]) is a
    b = await flows.flow(versions[1])
    await flows.flow(versions[2])
    assert await flows.flow(versions[1]) is b
    assert await flows.flow(versions[0]) is not a


async def test_a_flow_may_name_pools_of_its_own() -> None:
    store = MemoryLog()
    data = {"template": "x", "pool": "gpu"}
    raw = {"nodes": [{"id": "n", "type": "template", "data": data}], "edges": []}
    await store.put_flow(version_of(raw), content(raw))
    assert (await Flows(store).flow(version_of(raw))).steps[0].pool == "gpu"


async def test_silence_counts_from_the_last_event_once_the_answer_has_begun() -> None:
    interrupt = Interrupt()
    patience = Patience(interrupt, Limits(first=60, idle=0.02, quiet=60))
    patience.heard([SIGN])
    await eventually(lambda: interrupt.reason == "idle", every=0.005)
    patience.close()


async def test_a_first_token_that_does_not_come_is_named_so() -> None:
    interrupt = Interrupt()
    patience = Patience(interrupt, Limits(first=0.02, idle=60, quiet=60))
    patience.heard([])
    await eventually(lambda: interrupt.reason == "first_token", every=0.005)
    patience.close()


async def test_signs_of_life_without_content_are_waited_for_only_so_long() -> None:
    interrupt = Interrupt()
    patience = Patience(interrupt, Limits(first=60, idle=0.5, quiet=0.1))
    patience.heard([Text("x")])
    said_at = patience.said_at

    async def is_over() -> bool:
        patience.heard([SIGN])
        return interrupt.reason is not None

    await eventually(is_over, every=0.005)
    assert interrupt.reason == "quiet"
    assert patience.said_at == said_at
    patience.close()


async def test_a_call_may_take_as_long_as_its_step(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, interrupt = asyncio.get_running_loop(), Interrupt()
    patience = Patience(interrupt, Limits(first=7200, idle=7200, quiet=7200))
    patience.heard([Text("x")])
    now = loop.time()
    monkeypatch.setattr(loop, "time", lambda: now + 7100)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert interrupt.reason is None
    monkeypatch.undo()
    patience.close()


@pytest.mark.parametrize(("timeout", "kept"), [(600, 3600), (1800, 3600), (7200, 9000)])
def test_deltas_are_kept_for_as_long_as_an_attempt_may_take(timeout: float, kept: int) -> None:
    raw = agent("a", "Hi", timeout_seconds=timeout)
    flow = parse(chain(raw))
    assert isinstance(flow, Flow)
    assert kept_seconds(flow.steps[0]) == kept
