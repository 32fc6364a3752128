"""What is used of uvicorn's and httptools' inside is there, under these names."""

import asyncio
import inspect
from importlib.metadata import version
from typing import Any, ClassVar

import httptools
import pytest
import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

# Methods we override: uvicorn and httptools call them, or we call those we replaced.
OVERRIDDEN = (
    "connection_made", "connection_lost", "data_received", "on_message_begin",
    "on_headers_complete", "on_body", "on_message_complete", "on_response_complete",
)  # fmt: skip
PROTOCOL = (
    "cycle", "flow", "headers", "loop", "parser", "pipeline", "scope", "server_state", "transport",
    "_start_asgi_task",
)  # fmt: skip
CYCLE = (
    "body", "chunked_encoding", "disconnected", "expected_content_length", "keep_alive",
    "message_event", "more_body", "response_complete", "response_started",
)  # fmt: skip
LOOKED_AT = {"uvicorn": "0.54.", "httptools": "0.9."}


def config() -> uvicorn.Config:
    return uvicorn.Config(print, lifespan="off", ws="none", log_config=None)


@pytest.mark.parametrize("package", LOOKED_AT)
def test_the_version_is_one_that_was_looked_at(package: str) -> None:
    assert version(package).startswith(LOOKED_AT[package]), (
        "look at uvicorn/protocols/http/httptools_impl.py anew, then raise the bound here and in "
        "pyproject.toml"
    )


async def test_a_connection_has_what_is_used_of_it() -> None:
    protocol = HttpToolsProtocol(config(), ServerState(), {})
    assert all(hasattr(protocol, name) for name in (*OVERRIDDEN, *PROTOCOL))
    assert isinstance(protocol.server_state.default_headers, list)


async def test_a_cycle_has_what_is_used_of_it() -> None:
    source = inspect.signature(RequestResponseCycle.__init__).parameters
    nothing: dict[str, Any] = dict.fromkeys(set(source) - {"self"})
    cycle = RequestResponseCycle(**nothing)
    assert all(hasattr(cycle, name) for name in CYCLE)
    assert (cycle.more_body, cycle.chunked_encoding) == (True, None)


async def test_reading_is_paused_by_the_flow() -> None:
    paused: list[str] = []

    class Transport(asyncio.Transport):
        def pause_reading(self) -> None:
            paused.append("paused")

        def resume_reading(self) -> None:
            paused.append("resumed")

    flow = FlowControl(Transport())
    flow.pause_reading()
    assert flow.read_paused
    flow.resume_reading()
    assert (flow.read_paused, paused) == (False, ["paused", "resumed"])


def test_the_server_asks_for_a_protocol_by_these_names() -> None:
    startup = inspect.getsource(uvicorn.Server.startup)
    for name in ("config.http_protocol_class(", "config=config", "server_state=self.server_state"):
        assert name in startup
    factory: Any = object()
    made = uvicorn.Config(print, http=factory, lifespan="off", ws="none", log_config=None)
    made.load()
    assert made.http_protocol_class is factory


def test_the_server_is_begun_and_ended_by_these_names() -> None:
    life = inspect.getsource(uvicorn.Server._serve)
    for name in ("self.should_exit", "await self.main_loop()", "self.shutdown(sockets=sockets)"):
        assert name in life
    server = uvicorn.Server(config())
    assert inspect.iscoroutinefunction(server.on_tick)
    assert (server.server_state.connections, server.server_state.tasks) == (set(), set())
    assert "self.servers" in inspect.getsource(server.startup)
    assert hasattr(HttpToolsProtocol, "shutdown")


def test_what_a_callback_of_the_parser_raises_stops_it_and_is_the_context() -> None:
    class Receiver:
        seen: ClassVar[list[str]] = []

        def on_url(self, url: bytes) -> None:
            self.seen.append(url.decode())

        def on_headers_complete(self) -> None:
            raise KeyError("why")

    parser = httptools.HttpRequestParser(Receiver())
    with pytest.raises(httptools.HttpParserError) as caught:
        parser.feed_data(memoryview(b"GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n"))
    assert isinstance(caught.value.__context__, KeyError)
    assert Receiver.seen == ["/a"]


def test_the_parser_takes_nothing_but_digits_as_a_length() -> None:
    for length in (b"-1", b"+1", b"1_0", b"0x1", b"1, 1", b""):
        parser = httptools.HttpRequestParser(object())
        with pytest.raises(httptools.HttpParserError):
            parser.feed_data(b"POST / HTTP/1.1\r\nContent-Length: " + length + b"\r\n\r\nabc")
