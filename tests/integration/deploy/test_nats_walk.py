"""Every subject and every request to JetStream by users of two workspaces: what NATS lets them do.

What is tried is made of the table of rights and of what the log declares, so that a subject or a
stream that is new is tried too.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from itertools import product

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from cli.up.nats import EmbeddedNats
from cli.up.port import LOOPBACK, free_port
from shared.log import declared
from shared.log.accounts import USERS_FILE, account
from shared.log.provision import ConsumerTaken, provision, provision_external
from shared.log.queues import MOST_LANES
from shared.log.rights import (
    BACKUP_HEARS,
    BACKUP_PUBLISHES,
    FACTS,
    filter_of,
    roles,
    tool_server,
    workspace_listener,
)
from shared.log.role import Role
from shared.log.subjects import live_filter, stored_filter
from shared.run.facts import RunCompleted, StepWaiting
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.servers import STORE_BYTES, NatsServer, flushed, own_folder

OURS, THEIRS = "acme", "globex"
RUN = "019a0000-0000-7000-8000-000000000001"
PASSWORDS = {role.name: f"p-{role.name}" for role in roles()} | {"migrate": "p-migrate"}
PARTITIONS = 2
AT_ONCE_SECONDS = 0.2
"""What is there already is delivered long before."""
OF_STREAMS = (
    *("CREATE", "UPDATE", "DELETE", "PURGE", "INFO", "MSG.GET", "MSG.DELETE", "SNAPSHOT"),
    *("RESTORE", "LEADER.STEPDOWN", "PEER.REMOVE", "LIST", "NAMES"),
)
OF_CONSUMERS = (
    *("CREATE", "DURABLE.CREATE", "DELETE", "INFO", "MSG.NEXT", "PAUSE", "LEADER.STEPDOWN"),
    *("UNPIN", "RESET"),
)
REFUSED = re.compile(r'Permissions Violation for (?:Publish|Subscription) to "([^"]+)"')


class Stranger:
    """A user of `penstock nats-user`, as its bytes: libraries tell of one refusal at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def published(self, subjects: Iterable[str]) -> set[str]:
        """Those of the subjects that it may publish."""
        return await self._let(subjects, "PUB {0} 2\r\n{{}}\r\n")

    async def subscribed(self, filters: Iterable[str]) -> set[str]:
        """Those of the filters that it may subscribe to."""
        return await self._let(filters, "SUB {0} {1}\r\n")

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def _let(self, tried: Iterable[str], form: str) -> set[str]:
        every = sorted(set(tried))
        asked = [form.format(each, number) for number, each in enumerate(every, 1)]
        self._writer.write("".join([*asked, "PING\r\n"]).encode())
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = (await self._reader.readuntil(b"PONG\r\n")).decode()
        return set(every) - set(REFUSED.findall(answer))


def external(workspace: str) -> str:
    return f"{declared.EXTERNAL}{workspace}"


def role_of(workspace: str) -> Role:
    return workspace_listener(f"{workspace}-1", workspace, [external(workspace)])


def tools_role_of(workspace: str) -> Role:
    return tool_server(f"{workspace}-2", workspace)


async def stranger(
    server: EmbeddedNats, workspace: str, role: Callable[[str], Role] = role_of
) -> Stranger:
    reader, writer = await asyncio.open_connection(LOOPBACK, server.port, limit=1 << 24)
    login = {"user": role(workspace).name, "pass": f"p-{workspace}", "verbose": False}
    writer.write(f"CONNECT {json.dumps(login)}\r\n".encode())
    return Stranger(reader, writer)


async def listening(server: EmbeddedNats, workspace: str, heard: list[str]) -> Client:
    """The same user by a library, which puts the subjects it hears into `heard`."""

    async def hear(message: Msg) -> None:
        heard.append(message.subject)

    url = f"nats://{role_of(workspace).name}:p-{workspace}@{LOOPBACK}:{server.port}"
    client = await nats.connect(url, allow_reconnect=False)
    await client.subscribe(live_filter(workspace), cb=hear)
    await flushed(client)
    return client


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedNats]:
    """NATS as `penstock up` has it, with a user and a consumer for each of two workspaces."""
    with own_folder() as folder:
        embedded = EmbeddedNats(
            folder=folder,
            port=free_port(),
            monitor_port=free_port(),
            max_store_bytes=STORE_BYTES,
            passwords=PASSWORDS,
        )
        made = product((role_of, tools_role_of), (OURS, THEIRS))
        users = [account(role(each), f"p-{each}") for role, each in made]
        (folder / USERS_FILE).write_text("\n".join(users))
        running = NatsServer(folder, embedded)
        running.start()
        admin = embedded.url_of("migrate")
        await provision(admin, partitions=PARTITIONS, pools=("default",))
        for each in (OURS, THEIRS):
            ends = filter_of(RunCompleted, each)
            await provision_external(admin, each, each, ends)
        yield embedded
        running.stop()


def filled(patterns: Iterable[str]) -> set[str]:
    """Subjects that the patterns mean: of either workspace, and of one that is not there."""
    words = (OURS, THEIRS, "x")
    return {
        ".".join(word if part in ("*", ">") else part for part in pattern.split("."))
        for pattern, word in product(patterns, words)
    }


def all_rights() -> tuple[set[str], set[str]]:
    """What anybody at all may publish, and hear."""
    every = roles(external=[external(OURS), external(THEIRS)])
    publish = {subject for role in every for subject in role.may_publish}
    hear = {subject for role in every for subject in role.may_hear}
    return publish | set(BACKUP_PUBLISHES), hear | set(BACKUP_HEARS)


def requests() -> set[str]:
    """Every request there is to JetStream, about each stream and each of its consumers."""
    streams = list(declared.STREAM_OF.values())
    named = [
        (s, str(c["name"])) for s, c in declared.consumers(PARTITIONS, ("default",), MOST_LANES)
    ]
    named += [(declared.RUNS, external(each)) for each in (OURS, THEIRS, "new")]
    asked = {f"$JS.API.STREAM.{verb}.{stream}" for verb in OF_STREAMS for stream in streams}
    asked |= {f"$JS.API.DIRECT.GET.{stream}" for stream in streams}
    asked |= {f"$JS.API.DIRECT.GET.{stream}.run.0.{OURS}.{RUN}.requested" for stream in streams}
    asked |= {f"$JS.API.CONSUMER.{verb}.{s}.{c}" for verb in OF_CONSUMERS for s, c in named}
    asked |= {f"$JS.API.CONSUMER.{verb}.{s}" for verb in ("LIST", "NAMES") for s in streams}
    asked |= {f"$JS.ACK.{stream}.{consumer}.1.1.1.1.0" for stream, consumer in named}
    asked |= {f"$JS.API.CONSUMER.CREATE.RUNS.new.run.*.{OURS}.>", "$JS.API.CONSUMER.CREATE.RUNS"}
    return asked | {"$JS.API.INFO", "$JS.API.STREAM.LIST", "$JS.API.STREAM.NAMES"}


async def test_a_workspaces_user_publishes_nothing_but_to_its_own_consumer(
    server: EmbeddedNats,
) -> None:
    publish, hear = all_rights()
    facts = {filter_of(kind, each) for kind in FACTS for each in (OURS, THEIRS)}
    live = {f"live.{subject.split('.', 2)[2]}" for subject in facts}
    tried = filled(publish | hear | facts | live) | requests()
    for workspace in (OURS, THEIRS):
        who = await stranger(server, workspace)
        mine = external(workspace)
        assert await who.published(tried) == {
            f"$JS.API.CONSUMER.INFO.RUNS.{mine}",
            f"$JS.API.CONSUMER.MSG.NEXT.RUNS.{mine}",
            f"$JS.ACK.RUNS.{mine}.1.1.1.1.0",
            *(f"$JS.ACK.RUNS.{mine}.{word}" for word in (OURS, THEIRS, "x")),
        }
        await who.close()


async def test_a_workspaces_user_hears_its_own_facts_and_nothing_else(
    server: EmbeddedNats,
) -> None:
    publish, hear = all_rights()
    patterns = publish | hear | {stored_filter(), stored_filter(OURS), *map(filter_of, FACTS)}
    wide = {">", "*.>", "live.>", "live.*.>", f"*.{OURS}.>", "$JS.>", "$KV.>", "$O.>", "$SYS.>"}
    own = {live_filter(OURS), live_filter(OURS, RUN), live_filter(OURS, "*", "finished")}
    theirs = {each.replace(OURS, THEIRS) for each in own}
    who = await stranger(server, OURS)
    tried = patterns | filled(patterns) | wide | own | theirs
    may = await who.subscribed(tried)
    assert may == {each for each in tried if each.startswith((f"live.{OURS}.", "_INBOX."))}
    assert own < may
    await who.close()


async def test_who_serves_tools_answers_them_and_does_nothing_else(server: EmbeddedNats) -> None:
    publish, hear = all_rights()
    facts = {filter_of(kind, each) for kind in FACTS for each in (OURS, THEIRS)}
    own = {f"tools.{OURS}.x", f"tools.{OURS}.>", f"tools.{OURS}.*"}
    answers = {f"tool-answers.{OURS}.x"}
    theirs = {each.replace(OURS, THEIRS) for each in own | answers}
    wide = {">", "*.>", "tools.>", "tools.*.x", f"*.{OURS}.>", "_INBOX.>", "$JS.>", "$SYS.>"}
    patterns = publish | hear | facts | wide | own | answers | theirs
    who = await stranger(server, OURS, tools_role_of)
    told = await who.published(filled(patterns) | requests())
    assert told == {each for each in filled(patterns) if each.startswith(f"tool-answers.{OURS}.")}
    assert answers <= told
    heard = await who.subscribed(patterns | filled(patterns))
    assert heard == {
        each for each in patterns | filled(patterns) if each.startswith(f"tools.{OURS}.")
    }
    assert own < heard
    await who.close()


async def test_of_two_workspaces_each_user_is_given_its_own(server: EmbeddedNats) -> None:
    heard: dict[str, list[str]] = {OURS: [], THEIRS: []}
    users = {each: await listening(server, each, heard[each]) for each in heard}
    writer = await nats.connect(server.url_of("scheduler"), inbox_prefix=b"_INBOX_scheduler")
    for workspace in heard:
        await writer.publish(f"run.0.{workspace}.{RUN}.finished", b"{}")
    await flushed(writer)
    for workspace, user in users.items():
        mine = await user.jetstream().pull_subscribe("", external(workspace), stream="RUNS")
        [message] = await mine.fetch(1, timeout=PATIENCE_SECONDS)
        assert message.subject == f"run.0.{workspace}.{RUN}.finished"
        await message.ack()
        with pytest.raises(nats.errors.TimeoutError):
            await mine.fetch(1, timeout=AT_ONCE_SECONDS)
        await eventually(partial(heard.get, workspace))
    assert heard == {each: [f"live.{each}.{RUN}.finished"] for each in heard}
    for client in (writer, *users.values()):
        await client.close()


async def test_a_consumer_of_another_workspace_is_not_taken_over(server: EmbeddedNats) -> None:
    admin = server.url_of("migrate")
    with pytest.raises(ConsumerTaken, match=f"expected a consumer of workspace {THEIRS}"):
        await provision_external(admin, OURS, THEIRS, filter_of(RunCompleted, THEIRS))
    both = [filter_of(kind, OURS) for kind in (RunCompleted, StepWaiting)]
    assert await provision_external(admin, OURS, OURS, *both) == external(OURS)
    assert await provision_external(admin, "new", THEIRS, filter_of(RunCompleted, THEIRS))
