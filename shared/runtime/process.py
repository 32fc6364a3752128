"""The life of a service process: settings, logs, monitor, loop, signals, exit code.

    async def serve(settings: Settings, health: Health, stopping: Stopping) -> None:
        ...connect; health.ready(); work until `stopping` is set; finish what is held...

    def main() -> None:
        run_service("scheduler", serve)

SIGTERM and SIGINT set `stopping`; a service that has not finished PENSTOCK_DRAIN_SECONDS and a
few more later is cancelled, one that was still starting at once, a second signal likewise.
"""

import asyncio
import gc
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

import uvloop

from shared.errors import PenstockError, Unavailable
from shared.runtime import logging
from shared.runtime.logging import logger
from shared.runtime.monitor import Health, Monitor
from shared.runtime.settings import Settings, SettingsInvalid, load

Stopping: TypeAlias = asyncio.Event
Main: TypeAlias = Callable[[Settings, Health, Stopping], Awaitable[None]]
T = TypeVar("T")

GRACE_SECONDS = 5.0
SAY_EVERY_SECONDS = 5.0
FAILED, MISCONFIGURED = 1, 2

log = logger()


def run_service(name: str, main: Main) -> None:
    """Runs one service to its end.

    Raises: SystemExit, 2 when the settings are not valid, 1 when the service failed.
    """
    try:
        settings = load(name)
    except SettingsInvalid as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(MISCONFIGURED) from None
    logging.set_up(settings)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_live(settings, main))
    except Exception as error:
        _report(error, settings)
        raise SystemExit(FAILED) from None


async def wait_for(what: str, probe: Callable[[], Awaitable[T]], *, seconds: float, hint: str) -> T:
    """What `probe` returns, once it no longer raises Unavailable or OSError.

    Says every few seconds what it waits for. Raises: Unavailable after `seconds`, with `hint`.
    """
    loop = asyncio.get_running_loop()
    began = said = loop.time()
    pause = 0.05
    while True:
        try:
            return await probe()
        except (Unavailable, OSError) as error:
            waited = loop.time() - began
            if waited + pause > seconds:
                raise Unavailable(f"No {what} after {seconds:g} s ({error}). {hint}") from error
            if loop.time() - said >= SAY_EVERY_SECONDS:
                said = loop.time()
                log.warning("dependency.awaited", dependency=what, error=str(error), hint=hint)
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 1.0)


def tune_garbage_collection() -> None:
    """For a process that has started and is about to be busy."""
    # What start-up made lives as long as the process: never scan it again; and a young collection
    # every 700 allocations costs a busy loop several percent, a rebuild a third.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def _live(settings: Settings, main: Main) -> None:
    health, stopping = Health(), Stopping()
    monitor = await Monitor.started(settings, health)
    tune_garbage_collection()
    task = asyncio.ensure_future(main(settings, health, stopping))
    _obey_signals(stopping, task)
    log.info("service.started", monitor=monitor.url)
    try:
        await _until_done(task, health, stopping, settings.drain_seconds + GRACE_SECONDS)
    finally:
        await monitor.close()
    log.info("service.stopped")


async def _until_done(
    task: "asyncio.Future[None]", health: Health, stopping: Stopping, patience_seconds: float
) -> None:
    asked = asyncio.create_task(_set(stopping))
    await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if not task.done() and health.has_started:
        health.unready("service", "is stopping")
        await asyncio.wait({task}, timeout=patience_seconds)
        if not task.done():
            log.warning("service.drain_abandoned", after_seconds=patience_seconds)
    task.cancel()
    if stopping.is_set():
        # What a dependency has not answered by now holds nobody up.
        await asyncio.wait({task}, timeout=GRACE_SECONDS)
        if not task.done():
            return
    try:
        await task
    except asyncio.CancelledError:
        if not stopping.is_set():
            raise
    except Exception as error:
        if not stopping.is_set() or not _is_all_unavailable(error):
            raise
        # Others are given what could not be handed over: they are, whenever a process dies.
        log.warning("service.left_unheard", error=str(_first(error)))


def _is_all_unavailable(error: BaseException) -> bool:
    """Nothing but dependencies that are away."""
    if isinstance(error, BaseExceptionGroup):
        return all(_is_all_unavailable(each) for each in error.exceptions)
    return isinstance(error, Unavailable)


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _set(event: asyncio.Event) -> None:
    await event.wait()


def _obey_signals(stopping: Stopping, task: "asyncio.Future[None]") -> None:
    def stop(number: signal.Signals) -> None:
        if stopping.is_set():
            task.cancel()
            return
        log.info("service.stop_requested", signal=number.name)
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)


def _report(error: BaseException, settings: Settings) -> None:
    error = _first(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    if isinstance(error, PenstockError):
        log.error("service.failed", code=error.code, error=str(error))
    else:
        text = f"{type(error).__name__}: {error}"
        log.error("service.failed", code="internal", error=text, at=place)
    if settings.log_level == "debug":
        log.debug("service.failure_traced", exc_info=error)
