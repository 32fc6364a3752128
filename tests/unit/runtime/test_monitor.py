import asyncio
import json
from pathlib import Path

import pytest

from shared.errors import Unavailable
from shared.runtime.metrics import counter, declared
from shared.runtime.monitor import Health, Monitor, answer
from shared.runtime.settings import Settings, load


def settings(**extra: str) -> Settings:
    return load("scheduler", extra)


async def fetched(url: str, path: str) -> tuple[int, bytes]:
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    response = await reader.read()
    writer.close()
    head, _, body = response.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), body


def test_a_service_is_unready_until_no_reason_is_left() -> None:
    health = Health()
    assert not health.has_started
    health.unready("nats", "connection lost")
    health.ready()
    assert health.has_started
    assert not health.is_ready
    status, _, body = answer("GET", "/health/ready", health)
    assert status == 503
    assert json.loads(body)["reasons"] == {"nats": "connection lost"}
    health.ready("nats")
    assert answer("GET", "/health/ready?deep=1", health)[0] == 200


def test_what_the_monitor_does_not_know_is_told_what_it_does() -> None:
    assert answer("POST", "/health", Health())[0] == 405
    status, _, body = answer("GET", "/nothing", Health())
    assert status == 404
    assert b"/metrics" in body


async def test_the_monitor_answers_at_the_port_it_writes_to_its_file(tmp_path: Path) -> None:
    file = tmp_path / "monitor"
    health = Health()
    monitor = await Monitor.started(settings(PENSTOCK_MONITOR_FILE=str(file)), health)
    try:
        url = file.read_text()
        assert url == monitor.url
        assert await fetched(url, "/health") == (200, b'{"status": "alive"}')
        assert (await fetched(url, "/health/ready"))[0] == 503
        health.ready()
        assert (await fetched(url, "/health/ready"))[0] == 200
    finally:
        await monitor.close()


async def test_a_declared_metric_is_served_and_listed() -> None:
    tests = counter("monitor_tests_total", "Tests of the monitor.", "kind")
    tests.labels("unit").inc()
    _, _, body = answer("GET", "/metrics", Health())
    assert b'penstock_monitor_tests_total{kind="unit"} 1.0' in body
    assert "penstock_monitor_tests_total" in [metric.name for metric in declared()]


async def test_a_taken_port_is_one_clear_error() -> None:
    first = await Monitor.started(settings(), Health())
    try:
        port = first.url.rpartition(":")[2]
        with pytest.raises(Unavailable, match="PENSTOCK_MONITOR_PORT"):
            await Monitor.started(settings(PENSTOCK_MONITOR_PORT=port), Health())
    finally:
        await first.close()
