import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process

import pytest

from shared.errors import Unavailable
from shared.runtime.process import wait_for
from tests.logged import logged

SERVICE = """
import asyncio
from shared.errors import Unavailable
from shared.runtime.process import run_service

async def serve(settings, health, stopping):
    {body}

run_service("scheduler", serve)
"""


async def service(body: str, **extra: str) -> Process:
    environ = {"PENSTOCK_DRAIN_SECONDS": "1", **extra}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVICE.format(body=body), stderr=PIPE, env=environ
    )


async def test_a_service_asked_to_stop_finishes_and_exits_with_zero() -> None:
    process = await service("health.ready(); await stopping.wait()")
    started = await logged(process, "service.started")
    assert started["service"] == "scheduler"
    process.send_signal(signal.SIGTERM)
    await logged(process, "service.stopped")
    assert await process.wait() == 0


async def test_a_service_that_is_still_starting_stops_at_once() -> None:
    process = await service("await asyncio.Event().wait()", PENSTOCK_DRAIN_SECONDS="600")
    await logged(process, "service.started")
    process.send_signal(signal.SIGINT)
    assert await process.wait() == 0


async def test_a_second_signal_ends_the_drain() -> None:
    process = await service(
        "health.ready(); await asyncio.Event().wait()", PENSTOCK_DRAIN_SECONDS="600"
    )
    await logged(process, "service.started")
    process.send_signal(signal.SIGTERM)
    await logged(process, "service.stop_requested")
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0


@pytest.mark.parametrize("failed", ["Unavailable('no NATS')", "ZeroDivisionError('a fault')"])
async def test_a_service_that_stops_may_leave_unheard_only_what_is_away(failed: str) -> None:
    body = f"health.ready(); await stopping.wait(); raise ExceptionGroup('tasks', [{failed}])"
    process = await service(body)
    await logged(process, "service.started")
    process.send_signal(signal.SIGTERM)
    is_away = failed.startswith("Unavailable")
    await logged(process, "service.stopped" if is_away else "service.failed")
    assert await process.wait() == (0 if is_away else 1)


@pytest.mark.parametrize(
    "raised",
    [
        "Unavailable('no NATS')",
        "ZeroDivisionError('no NATS')",
        "ExceptionGroup('tasks', [Unavailable('no NATS')])",
    ],
)
async def test_a_failed_service_says_why_in_one_line_and_exits_with_one(raised: str) -> None:
    process = await service(f"raise {raised}")
    _, text = await process.communicate()
    assert process.returncode == 1
    assert b"Traceback" not in text
    last = json.loads(text.splitlines()[-1])
    assert last["action"] == "service.failed"
    assert "no NATS" in last["error"]


async def test_invalid_settings_exit_with_two_before_anything_starts() -> None:
    process = await service("pass", PENSTOCK_NONSENSE="1")
    _, text = await process.communicate()
    assert process.returncode == 2
    assert b"PENSTOCK_NONSENSE is not a setting" in text


async def test_waiting_ends_when_the_probe_answers() -> None:
    answers = iter([ConnectionRefusedError("refused"), Unavailable("starting"), None])

    async def probe() -> str:
        answer = next(answers)
        if answer is not None:
            raise answer
        return "connected"

    assert await wait_for("NATS", probe, seconds=5, hint="Start it.") == "connected"


async def test_waiting_too_long_says_for_what_and_what_to_do() -> None:
    async def probe() -> None:
        raise ConnectionRefusedError("refused")

    with pytest.raises(Unavailable, match=r"No NATS after 0\.1 s \(refused\)\. Start it\."):
        await wait_for("NATS", probe, seconds=0.1, hint="Start it.")
