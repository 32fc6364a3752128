import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from shared.errors import Unavailable
from shared.runtime import monitor as module
from shared.runtime.metrics import counter, declared
from shared.runtime.monitor import Health, Monitor, answer
from shared.runtime.settings import Settings, load
from tests.eventually import PATIENCE_SECONDS, eventually


def settings(**extra: str) -> Settings:
    return load("scheduler", extra)


async def sent(url: str, request: bytes, *, ended: bool = False) -> bytes:
    """All that the monitor answers to these bytes."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    with closing(writer):
        writer.write(request)
        if ended:
            writer.write_eof()
        return await reader.read()


async def fetched(url: str, path: str) -> tuple[int, bytes]:
    response = await sent(url, f"GET {path} HTTP/1.1\r\nHost: monitor\r\n\r\n".encode())
    head, _, body = response.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), body


@pytest.fixture
async def monitor() -> AsyncIterator[Monitor]:
    monitor = await Monitor.started(settings(), Health())
    yield monitor
    await monitor.close()


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


def test_it_serves_while_nats_or_postgres_is_there() -> None:
    health = Health()
    assert answer("GET", "/health/serving", health)[0] == 503
    health.ready()
    health.unready("log", "no answer")
    status, _, body = answer("GET", "/health/serving", health)
    assert (status, json.loads(body)) == (
        200,
        {"status": "serving", "reasons": {"log": "no answer"}},
    )
    health.unready("database", "no answer")
    status, _, body = answer("GET", "/health/serving", health)
    assert (status, json.loads(body)["status"]) == (503, "not_serving")
    health.ready("log")
    assert answer("GET", "/health/serving", health)[0] == 200
    health.unready("service", "is stopping")
    assert answer("GET", "/health/serving", health)[0] == 503


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


def test_the_metrics_tell_whether_it_is_ready_and_what_is_wrong() -> None:
    health = Health()
    health.ready()
    health.unready("log", "NATS is away")
    body = answer("GET", "/metrics", health)[2].decode()
    assert "penstock_ready 0.0" in body
    assert 'penstock_unready{part="log"} 1.0' in body
    assert 'penstock_unready{part="service"} 0.0' in body
    health.ready("log")
    body = answer("GET", "/metrics", health)[2].decode()
    assert "penstock_ready 1.0" in body
    assert 'penstock_unready{part="log"} 0.0' in body


async def test_a_taken_port_is_one_clear_error() -> None:
    first = await Monitor.started(settings(), Health())
    try:
        port = first.url.rpartition(":")[2]
        with pytest.raises(Unavailable, match="PENSTOCK_MONITOR_PORT"):
            await Monitor.started(settings(PENSTOCK_MONITOR_PORT=port), Health())
    finally:
        await first.close()


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/metrics", "/nothing"])
async def test_head_is_get_without_its_body(monitor: Monitor, path: str) -> None:
    line = f" {path} HTTP/1.1\r\nHost: monitor\r\n\r\n".encode()
    got = [(await sent(monitor.url, method + line)) for method in (b"GET", b"HEAD")]
    heads = [response.partition(b"\r\n\r\n") for response in got]
    assert heads[0][0].split(b"\r\n")[:2] == heads[1][0].split(b"\r\n")[:2]
    assert f"Content-Length: {len(heads[0][2])}".encode() in heads[0][0]
    assert heads[1][2] == b""


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /health\r\n\r\n",
        b"GET  /health HTTP/1.1\r\n\r\n",
        b"GET health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/2.0\r\n\r\n",
        b"GET /he alth HTTP/1.1\r\n\r\n",
        b"GET /h\xc3\xa4lth HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    ],
)
async def test_a_request_that_is_none_is_answered_400(
    monitor: Monitor, request_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    response = await sent(monitor.url, request_bytes)
    assert response.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"GET /health HTTP/1.1" in response
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


async def test_a_request_that_ends_too_early_is_answered_400(monitor: Monitor) -> None:
    assert (await sent(monitor.url, b"GET /health HTTP/1.1\r\n", ended=True))[9:12] == b"400"
    assert await sent(monitor.url, b"", ended=True) == b""


async def test_a_whole_url_is_answered_like_its_path(monitor: Monitor) -> None:
    assert (await fetched(monitor.url, f"{monitor.url}/health"))[0] == 200


async def test_another_method_is_told_which_are_allowed(monitor: Monitor) -> None:
    response = await sent(monitor.url, b"OPTIONS * HTTP/1.1\r\nHost: monitor\r\n\r\n")
    assert response.startswith(b"HTTP/1.1 405 Method Not Allowed\r\n")
    assert b"\r\nAllow: GET, HEAD\r\n" in response


async def test_a_head_over_the_limit_is_refused(
    monitor: Monitor, caplog: pytest.LogCaptureFixture
) -> None:
    request = b"GET /health HTTP/1.1\r\nX: " + b"x" * module.MOST_HEAD_BYTES
    assert (await sent(monitor.url, request)).startswith(b"HTTP/1.1 431 ")
    assert (await fetched(monitor.url, "/health"))[0] == 200
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


async def test_a_client_that_says_nothing_is_let_go(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_SECONDS", 0.05)
    async with asyncio.timeout(PATIENCE_SECONDS):
        with suppress(ConnectionError):
            assert await sent(monitor.url, b"GET /health HTTP/1.1\r\n") == b""


async def test_connections_over_the_limit_are_closed_until_others_end(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_CONNECTIONS", 2)
    host, port = monitor.url.removeprefix("http://").split(":")
    held = [await asyncio.open_connection(host, int(port)) for _ in range(2)]
    with suppress(ConnectionError):
        assert await sent(monitor.url, b"GET /health HTTP/1.1\r\n\r\n") == b""
    for _, writer in held:
        writer.close()

    async def probe() -> int | None:
        with suppress(ConnectionError, IndexError):
            return (await fetched(monitor.url, "/health"))[0]
        return None

    assert await eventually(probe) == 200


async def test_closing_lets_go_of_those_still_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SECONDS", 2 * PATIENCE_SECONDS)
    monitor = await Monitor.started(settings(), Health())
    host, port = monitor.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    await fetched(monitor.url, "/health")
    async with asyncio.timeout(PATIENCE_SECONDS):
        await monitor.close()
        with suppress(ConnectionError):
            assert await reader.read() == b""
    writer.close()
