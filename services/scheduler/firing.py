"""Timers that fired become facts of the log, if their run is there."""

from __future__ import annotations

import asyncio

from services.scheduler import signals
from shared.errors import Corrupt, Unavailable
from shared.log.port import Delivery, Log
from shared.run.facts import (
    Lifecycle,
    RunDeadlineReached,
    RunStartDue,
    RunStopDue,
    StepDue,
    Stream,
    TimerFact,
)
from shared.run.wire import UnknownFact

_WINDOW = 128
_RETRY_SECONDS = 1.0
_PARKED_SECONDS = 60.0


async def fire(log: Log) -> None:
    """Take firings until cancelled. One may come twice; the log records it once."""
    while True:
        try:
            await _fire(log)
        except Unavailable as error:
            signals.log.warning("timers.unavailable", error=str(error))
        await asyncio.sleep(_RETRY_SECONDS)


async def _fire(log: Log) -> None:
    async with log.firings() as firings:
        firings.credit(_WINDOW)
        while True:
            batch = await firings.next()
            await asyncio.gather(*(_record(log, delivery) for delivery in batch))
            firings.credit(len(batch))


async def _record(log: Log, delivery: Delivery) -> None:
    entry = delivery.entry
    try:
        fact = _timer_fact(entry.recorded().fact)
        if await log.has_run(entry.address.workspace, entry.address.run):
            await log.append(fact)
            signals.FIRED.inc()
    except Unavailable as error:
        signals.log.warning("timer.unanswered", run=entry.address.run, error=str(error))
        delivery.nak(_RETRY_SECONDS)
        return
    except UnknownFact as error:
        signals.PARKED.inc()
        signals.log.error("timer.parked", run=entry.address.run, error=str(error))
        delivery.nak(_PARKED_SECONDS)
        return
    except Corrupt as error:
        signals.log.error("timer.refused", run=entry.address.run, error=str(error))
    delivery.ack()


def _timer_fact(fact: Lifecycle | Stream) -> TimerFact:
    if isinstance(fact, RunStartDue | RunDeadlineReached | RunStopDue | StepDue):
        return fact
    raise Corrupt(f"expected a timer's fact, found {fact.type}; see who writes TIMERS")
