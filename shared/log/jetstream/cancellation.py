"""Cancels that a library takes for its own, given back to whose they are.

`asyncio.wait_for` of Python 3.11 returns what it waited for when a cancel comes in the same turn of
the event loop, and forgets the cancel: whoever cancelled then waits for an end that never comes.
nats-py waits in that way for every answer of the server. `asyncio.timeout` has no such gap.

Source: python/cpython, `asyncio/tasks.py` of 3.11 (`wait_for`); rewritten on `timeout` in 3.12.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def cancels_kept() -> Iterator[None]:
    """Raises CancelledError behind the block if the task was cancelled in it, whatever came of it.

    To be used in a task.
    """
    task = asyncio.current_task()
    assert task is not None
    cancels = task.cancelling()
    try:
        yield
    finally:
        if task.cancelling() > cancels:
            raise asyncio.CancelledError
