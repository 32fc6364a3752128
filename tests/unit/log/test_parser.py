"""The parser: whatever way the bytes are cut, the same messages are heard in order."""

from collections.abc import Iterator

import pytest
from nats.aio.client import Client
from nats.aio.subscription import Subscription
from nats.errors import ProtocolError

from shared.log.jetstream.hearing import Message, Straight
from shared.log.jetstream.parser import LeanParser
from tests.cost import cpu_cost, elapsed_cost

HEADER = b"NATS/1.0\r\nNats-Sequence: 7\r\nNats-Subject: run.0.w.r.requested\r\n\r\n"
STATUS = b"NATS/1.0 204 EOB\r\nNats-UpTo-Sequence: 9\r\n\r\n"
DATA = b"words\r\nMSG not 1 4\r\n"


def hmsg(subject: str, header: bytes, data: bytes = b"") -> bytes:
    sizes = f"{len(header)} {len(header) + len(data)}"
    return f"HMSG {subject} 1 {sizes}\r\n".encode() + header + data + b"\r\n"


WIRE = (
    b"+OK\r\n"
    + f"MSG a.b 1 {len(DATA)}\r\n".encode()
    + DATA
    + b"\r\nMSG a.c 1 _INBOX.x 0\r\n\r\n"
    + b"MSG unknown 99 2\r\nno\r\n"
    + hmsg("a.d", HEADER, b"{}")
    + b"PONG\r\n"
    + hmsg("a.e", STATUS)
)
HEARD = [
    ("a.b", "", DATA, "", {}),
    ("a.c", "_INBOX.x", b"", "", {}),
    ("a.d", "", b"{}", "", {"Nats-Sequence": "7", "Nats-Subject": "run.0.w.r.requested"}),
    ("a.e", "", b"", "204", {"Nats-UpTo-Sequence": "9"}),
]


class Ear:
    """A parser on a client that nobody connected, and all it heard."""

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.counts: list[int] = []
        client = Client()
        subscription = Subscription(client, 1, "a.*")
        subscription._pending_queue = Straight(self.heard.append)
        client._subs[1] = subscription
        self.parser = LeanParser(client, self._rest)

    async def _rest(self, messages: int) -> None:
        self.counts.append(messages)

    def told(self) -> list[tuple[str, str, bytes, str, dict[str, str]]]:
        return [(m.subject, m.reply, m.data, m.status, m.headers) for m in self.heard]


def cuts(size: int) -> Iterator[bytes]:
    return (WIRE[at : at + size] for at in range(0, len(WIRE), size))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 16, 33, 64, 100, 1000])
async def test_however_the_bytes_are_cut_the_same_is_heard(size: int) -> None:
    ear = Ear()
    for piece in cuts(size):
        await ear.parser.parse(piece)
    assert ear.told() == HEARD
    assert sum(ear.counts) == len(HEARD) + 1  # the one nobody subscribes to any more


async def test_a_new_connection_begins_with_a_new_line() -> None:
    ear = Ear()
    await ear.parser.parse(WIRE[:40])
    ear.parser.reset()
    ear.heard.clear()
    await ear.parser.parse(WIRE)
    assert ear.told() == HEARD


@pytest.mark.parametrize("line", [b"MSG a 1\r\n", b"HMSG a 1 x 3\r\n", b"NEWS\r\n"])
async def test_what_is_not_of_the_protocol_ends_the_connection(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        await Ear().parser.parse(line + b"tail\r\n")


async def test_a_large_message_comes_in_many_pieces() -> None:
    body = bytes(range(256)) * 40_000
    wire = f"MSG a.b 1 {len(body)}\r\n".encode() + body + b"\r\n"

    async def heard() -> None:
        ear = Ear()
        for at in range(0, len(wire), 1024):
            await ear.parser.parse(wire[at : at + 1024])
        assert [m.data for m in ear.heard] == [body]

    # Joining anew with each piece would copy it five thousand times.
    assert await elapsed_cost(heard) < 500 * cpu_cost(lambda: bytearray(body))
