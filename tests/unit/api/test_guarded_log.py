"""Whatever the port says of waiting for NATS is guarded: a call that is new must be, too."""

import asyncio
import gc
import inspect
import warnings
from typing import Any

from services.api.service.guarded_log import (
    ANSWERED,
    CREDENTIALS,
    ENTERED,
    LIMITED,
    OVERSEEN,
    guarded,
)
from shared.log.credentials import Credentials
from shared.log.limited import LimitedQueues
from shared.log.memory import MemoryLog
from shared.log.oversight import Oversight
from shared.log.port import Log
from shared.runtime.dependency import Dependency
from shared.runtime.monitor import Health

# They say no themselves within 300 ms.
QUICK = {"ask_alive", "ask_read"}


def _awaited(port: type[Any]) -> set[str]:
    """The calls that are awaited."""
    calls = inspect.getmembers(port, inspect.isfunction)
    return {
        name
        for name, call in calls
        if not name.startswith("_")
        and (
            inspect.iscoroutinefunction(call)
            or str(inspect.signature(call).return_annotation).startswith("Awaitable")
        )
    }


def test_every_call_that_nats_answers_is_guarded() -> None:
    assert _awaited(Log) - QUICK == ANSWERED
    assert _awaited(Oversight) == OVERSEEN
    assert _awaited(Credentials) == CREDENTIALS
    assert _awaited(LimitedQueues) == LIMITED
    assert hasattr(Log, ENTERED)


async def test_a_question_that_is_cancelled_before_its_first_step_was_never_asked() -> None:
    log = guarded(MemoryLog(), Dependency("log", Health()))
    asked = [asyncio.ensure_future(each) for each in (log.about(), log.oversight.partition(0))]
    for each in asked:
        each.cancel()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ends = await asyncio.gather(*asked, return_exceptions=True)
        del each, asked
        gc.collect()
    assert [type(end) for end in ends] == [asyncio.CancelledError] * 2
    assert not caught
