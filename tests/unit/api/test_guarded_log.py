"""Whatever the port says of waiting for NATS is guarded: a call that is new must be, too."""

import inspect
from typing import Any

from services.api.service.guarded_log import ANSWERED, CREDENTIALS, ENTERED, LIMITED, OVERSEEN
from shared.log.credentials import Credentials
from shared.log.limited import LimitedQueues
from shared.log.oversight import Oversight
from shared.log.port import Log

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
