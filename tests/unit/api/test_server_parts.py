"""The server's parts alone: time, places, room for bodies, what is documented."""

import asyncio
import resource
import socket
from collections.abc import Callable
from dataclasses import fields
from math import inf
from pathlib import Path
from typing import cast

import pytest

from services.api.server import limits as the_limits
from services.api.server.alarm import Alarm
from services.api.server.bodies import BodyBudget, Reservation, TooManyBodies, declares_body
from services.api.server.connections import Connections
from services.api.server.limits import LIMITS, Limits, connections_within
from services.api.server.refusals import FULL, HEADERS_TOO_LARGE, MALFORMED, TIMED_OUT
from services.api.server.server import listen
from tests.eventually import eventually

PAGE = Path(__file__).parents[3] / "docs/reference/limits.md"


async def test_connections_send_at_once_and_wait_for_no_acknowledgement() -> None:
    accepted: asyncio.Queue[int] = asyncio.Queue()

    async def look(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        accepted.put_nowait(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    listener = listen("127.0.0.1", 0)
    async with await asyncio.start_server(look, sock=listener):
        _, writer = await asyncio.open_connection(*listener.getsockname())
        assert await accepted.get()
        writer.close()


async def test_an_alarm_that_is_put_off_needs_no_new_timer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop = asyncio.get_running_loop()
    timers: list[float] = []

    def counted(at: float, ring: Callable[[], None]) -> asyncio.TimerHandle:
        timers.append(at)
        return asyncio.BaseEventLoop.call_at(cast("asyncio.BaseEventLoop", loop), at, ring)

    monkeypatch.setattr(loop, "call_at", counted)
    rung: list[float] = []
    alarm = Alarm(loop, lambda: rung.append(loop.time()))
    began = loop.time()
    for number in range(1_000):
        alarm.set(began + 0.05 + number / 10_000)
    monkeypatch.undo()
    assert timers == [began + 0.05]
    await eventually(lambda: bool(rung))
    assert rung[0] >= began + 0.05 + 0.0999
    assert len(rung) == 1


async def test_an_alarm_that_is_brought_forward_rings_then_and_once() -> None:
    rung: list[int] = []
    loop = asyncio.get_running_loop()
    alarm = Alarm(loop, lambda: rung.append(1))
    alarm.set(loop.time() + 60)
    alarm.set(loop.time())
    await eventually(lambda: rung == [1])
    alarm.set(loop.time())
    alarm.cancel()
    done = loop.create_future()
    loop.call_later(0.01, done.set_result, None)
    await done
    assert rung == [1]


class Client:
    """A connection that notes that it was asked to leave."""

    is_evicted = False

    def __init__(self, waiting_since: float = inf) -> None:
        self.waiting_since = waiting_since

    def evict(self) -> None:
        self.is_evicted = True


def test_the_one_that_waits_longest_makes_room_unless_it_was_heard_just_now() -> None:
    places = Connections[Client](Limits(connections=4, evictable_after_seconds=1))
    served, heard, third, first = Client(), Client(9.5), Client(3.0), Client(1.0)
    clients = (served, heard, third, first)
    assert all(places.admit(client, 5.0) for client in clients)
    assert places.admit(Client(10.0), 10.0)
    assert [client.is_evicted for client in clients] == [False, False, False, True]
    assert places.admit(Client(10.0), 10.0)
    assert [client.is_evicted for client in clients] == [False, False, True, True]
    assert not places.admit(Client(10.0), 10.0)
    places.leave(third)
    assert len(places) == 4


def test_who_has_something_to_do_again_is_not_asked_to_leave() -> None:
    places = Connections[Client](Limits(connections=2, evictable_after_seconds=1))
    older, younger = Client(1.0), Client(2.0)
    assert places.admit(older, 2.0)
    assert places.admit(younger, 2.0)
    assert places.admit(Client(5.0), 5.0)
    younger.waiting_since = inf
    assert not places.admit(Client(5.0), 5.0)
    assert (older.is_evicted, younger.is_evicted) == (True, False)


def test_a_full_server_looks_ten_times_a_second_at_most() -> None:
    looks: list[float] = []

    class Watched(Client):
        @property
        def waiting_since(self) -> float:
            looks.append(1)
            return inf

        @waiting_since.setter
        def waiting_since(self, at: float) -> None:
            pass

    places = Connections[Watched](Limits(connections=1))
    assert places.admit(Watched(), 0.0)
    assert not any(places.admit(Watched(), 1 + number / 1_000) for number in range(50))
    assert len(looks) == 1


def test_there_are_never_more_places_than_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 1_256))
    monkeypatch.setattr(resource, "setrlimit", lambda _, both: wanted.append(both))
    assert connections_within(10_000) == 1_256 - the_limits.RESERVED_DESCRIPTORS
    assert wanted == [(1_256, 1_256)]

    def refused(_: int, both: tuple[int, int]) -> None:
        raise ValueError(both)

    monkeypatch.setattr(resource, "setrlimit", refused)
    assert connections_within(10_000) == the_limits.FEWEST_CONNECTIONS
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, 1))
    assert connections_within(10_000) == 10_000


def test_room_for_bodies_comes_back_whatever_happens() -> None:
    budget = BodyBudget(size_bytes=100, free_bytes=10)
    with Reservation(budget) as reserved:
        reserved.grow_to(10)
        assert budget.held_bytes == 0
        reserved.grow_to(60)
        reserved.grow_to(50)
        assert budget.held_bytes == 60
        with pytest.raises(TooManyBodies), Reservation(budget) as other:
            other.grow_to(41)
        assert budget.held_bytes == 60
    assert budget.held_bytes == 0


def test_a_body_is_announced_by_its_length_or_by_its_coding() -> None:
    assert declares_body([(b"content-length", b"1")])
    assert declares_body([(b"transfer-encoding", b"chunked")])
    assert not declares_body([(b"content-length", b"0"), (b"host", b"x")])


def test_the_largest_body_a_call_takes_fits_the_budget() -> None:
    from services.api.runs.create import BODY_BYTES

    assert LIMITS.bodies_bytes >= BODY_BYTES
    assert LIMITS.discard_bytes >= BODY_BYTES, "so that its refusal can be read"


def test_every_limit_is_on_the_page_with_its_value() -> None:
    page = PAGE.read_text()
    for field in fields(Limits):
        value = getattr(LIMITS, field.name)
        assert (
            f"| `{field.name}` | {value:,g} |" in page or f"| `{field.name}` | {value:,} |" in page
        )


def test_every_refusal_of_the_server_is_on_the_page() -> None:
    page = PAGE.read_text()
    for refusal in (FULL, HEADERS_TOO_LARGE, MALFORMED, TIMED_OUT):
        assert f"`{refusal.code}`" in page
    assert f"`{TooManyBodies.code}`" in page
