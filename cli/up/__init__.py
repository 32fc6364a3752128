"""`penstock up`: everything on one machine, without containers, until Ctrl-C.

nats, postgres, simulator  ->  migrate  ->  api, scheduler, projector, provisioner,
                                            agent-worker-1 ...
"""

import asyncio
import os
import resource
import signal
from pathlib import Path
from typing import NamedTuple

from cli.up.data import DataDirectory
from cli.up.first_user import first_link
from cli.up.parts import Plan, penstock, planned
from cli.up.port import wanted_port
from cli.up.screen import Answers, Screen, demo_arguments, start_command
from cli.up.stack import RunningStack
from shared.errors import PenstockError, Rejected
from shared.runtime.settings import Settings, load

MANY_FILES = 1 << 17
PORT, DATA = 8080, Path(".penstock")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def up(
    port: int = PORT,
    data: Path = DATA,
    workers: int = 2,
    demo: bool = False,
    live: bool | None = None,
) -> int:
    """Runs a whole stack until told to stop.

    Returns the exit code: 0, or if it could not start 2 where the caller must change something
    and 1 where a part failed.

    `live` calls the real model API, with ANTHROPIC_API_KEY or the keys that workspaces set; None
    means: if there is that key.
    """
    screen = Screen()
    try:
        settings = load("up")
        live = _is_live(settings, live, demo=demo)
        api_port = wanted_port(port)
        directory = DataDirectory.held(data)
    except PenstockError as error:
        screen.failed(str(error))
        return _exit_code(error)
    try:
        _raise_file_limit()
        plan = planned(directory, settings, api_port=api_port, workers=workers, live=live)
        answers = Answers(
            simulated=plan.simulated,
            default_model=settings.default_model,
            has_key=settings.anthropic_api_key is not None,
            start=start_command(_said(port, data)),
        )
        return asyncio.run(_until_stopped(plan, Told(screen, answers), demo=demo))
    finally:
        directory.release()


def _is_live(settings: Settings, asked: bool | None, *, demo: bool) -> bool:
    has_key = settings.anthropic_api_key is not None
    if asked and demo and not has_key:
        raise Rejected(
            "The demo needs a key as soon as it starts: set ANTHROPIC_API_KEY, or leave out --live "
            "or --demo."
        )
    return has_key if asked is None else asked


class Told(NamedTuple):
    """Who tells the person, and what there is to say of who answers."""

    screen: Screen
    answers: Answers


def _said(port: int, data: Path) -> list[str]:
    """The options that are not those of every start, as they were given."""
    return [
        *(["--port", str(port)] if port != PORT else []),
        *(["--data", str(data)] if data != DATA else []),
    ]


async def _until_stopped(plan: Plan, told: Told, *, demo: bool) -> int:
    screen = told.screen
    asked = asyncio.Event()
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    stack = RunningStack(plan, screen)
    screen.starting(plan)
    stop = asyncio.create_task(asked.wait())
    work = asyncio.create_task(_work(stack, told, demo=demo))
    try:
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
            await stop
    except PenstockError as error:
        screen.failed(str(error))
        return _exit_code(error)
    finally:
        work.cancel()
        await asyncio.wait({work})
        if asked.is_set():
            screen.stopping()
        await stack.stop()
    return 0


async def _work(stack: RunningStack, told: Told, *, demo: bool) -> None:
    await stack.start()
    link = await first_link(stack.plan.api_url, stack.plan.data.secrets().token)
    if demo:
        await _demo(stack.plan, told.screen)
    told.screen.copy_ready(stack.plan, told.answers, link)


async def _demo(plan: Plan, screen: Screen) -> None:
    screen.console.print()
    process = await asyncio.create_subprocess_exec(
        *penstock(*demo_arguments()),
        env={**os.environ, "PENSTOCK_STACK": str(plan.data.path / "stack.json")},
    )
    try:
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _exit_code(error: PenstockError) -> int:
    return 2 if isinstance(error, Rejected) else 1


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if hard == resource.RLIM_INFINITY else hard
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
