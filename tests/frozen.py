"""Freezing a process: it keeps its connections and its files, and does nothing."""

from __future__ import annotations

from contextlib import suppress
from signal import SIGSTOP

import psutil

from tests.eventually import eventually_now


def freeze(pid: int, *more: int) -> None:
    """Returns once each of their threads stands still.

    The signal alone does not say so: on a busy machine a thread that waits for its turn gets it
    first, and answers one more question.
    """
    frozen = [psutil.Process(each) for each in (pid, *more)]
    for each in frozen:
        with suppress(psutil.NoSuchProcess):
            each.send_signal(SIGSTOP)
    eventually_now(lambda: all(map(_stands_still, frozen)))


def _stands_still(process: psutil.Process) -> bool:
    try:
        threads = [psutil.Process(thread.id) for thread in process.threads()]
    except psutil.NoSuchProcess:
        return True
    return all(map(_is_stopped, threads))


def _is_stopped(thread: psutil.Process) -> bool:
    try:
        return thread.status() in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
