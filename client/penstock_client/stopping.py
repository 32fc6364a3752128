"""SIGTERM as an event, for whoever has something to finish first."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_waiting: set[asyncio.Event] = set()


@contextmanager
def told_to_stop() -> Iterator[asyncio.Event]:
    """Set by SIGTERM while the block lasts, unless the program has a handler of its own.

    All who wait in one program are told.
    """
    stop = asyncio.Event()
    is_ours = _is_handled()
    if is_ours:
        _waiting.add(stop)
    try:
        yield stop
    finally:
        _waiting.discard(stop)
        if is_ours and not _waiting:
            asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)


def _is_handled() -> bool:
    """It is handled here: nobody else does, and this thread and system can."""
    if not _waiting and signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return False
    try:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _tell)
    except (NotImplementedError, RuntimeError, ValueError):
        return False
    return True


def _tell() -> None:
    for stop in _waiting:
        stop.set()
