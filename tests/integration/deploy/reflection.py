"""Asking for everything that a role may ask for, to have the answers written where it may not.

NATS does not check the reply subject of a request: the server publishes its answer there without
anyone's permissions. So every request of a role is made with reply subjects that it may not write,
and the log, its consumers, and what others hear are compared before and after.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.log.rights import LISTENER, roles
from shared.log.role import Role
from tests.eventually import PATIENCE_SECONDS
from tests.servers import flushed

PARTITIONS = 1
RUN = "run.0.acme.019a0000-0000-7000-8000-000000000001"
# What the reflected bytes would do where they got: they are a fact, a purge, a deletion.
BYTES = json.dumps({"type": "run.completed", "run": "019a0000", "seq": 1}).encode()
TARGETS = (
    f"{RUN}.finished",
    f"{RUN}.step.0.1.decided",
    f"{RUN}.requested",
    "timer.0.acme.019a0000.deadline",
    "due.0.acme.019a0000.deadline",
    "live.acme.019a0000.finished",
    "$JS.API.STREAM.PURGE.RUNS",
    "$JS.API.STREAM.PURGE.TIMERS",
    "$JS.API.STREAM.DELETE.TIMERS",
    "$JS.API.CONSUMER.DELETE.RUNS.work-default-shared",
    "$JS.API.CONSUMER.CREATE.RUNS.mine",
    "$KV.IDEMPOTENCY.acme.x",
    "_INBOX_api.x",
    "_INBOX_scheduler.x",
    "_INBOX_agent-worker.x",
    "_INBOX_projector.x",
    "_INBOX_migrate.x",
)
SERVICES = [role for role in roles(partitions=PARTITIONS) if role.name != "migrate"]
STREAMS = ("RUNS", "TIMERS", "KV_IDEMPOTENCY", "OBJ_FLOWS", "OBJ_BLOBS")
BODIES = (
    BYTES,
    json.dumps({"last_by_subj": f"{RUN}.delta.0.1.1"}).encode(),
    json.dumps({"batch": 1, "no_wait": True}).encode(),
    b"+NXT",
)
# A role may change by these what is compared: they are asked for what is not there.
NOTHING = {
    ".STREAM.PURGE.": (b"no JSON", json.dumps({"filter": "none.x"}).encode()),
    ".STREAM.MSG.DELETE.": (b"no JSON", json.dumps({"seq": 1 << 40}).encode()),
}

UrlOf = Callable[[str], str]
State = dict[str, object]


async def judge(role: Role, *, asker: UrlOf, others: UrlOf) -> None:
    """Fails where an answer got anywhere but to who asked."""
    heard: list[str] = []
    async with AsyncExitStack() as stack:

        async def connected(name: str, url: UrlOf) -> Client:
            inbox = f"_INBOX_{name}".encode()
            client = await nats.connect(url(name), inbox_prefix=inbox)
            stack.push_async_callback(client.close)
            return client

        async def hear(message: Msg) -> None:
            # What the log republished stands in it: that is compared with what was stored.
            if not (message.headers and "Nats-Sequence" in message.headers):
                heard.append(message.subject)

        admin = await connected("migrate", others)
        await admin.subscribe("_INBOX_migrate.x", cb=hear)
        for name in {each.name for each in SERVICES} - {role.name}:
            other = await connected(name, others)
            if name != LISTENER:
                await other.subscribe(f"_INBOX_{name}.>", cb=hear)
            if name in (LISTENER, "api"):
                await other.subscribe("live.>", cb=hear)
            await flushed(other)
        before, client = await state(admin), await connected(role.name, asker)
        await reflected(client, role)
        await settled(client, admin)
        after = await state(admin)
    may = {concrete(subject) for subject in role.stores}
    assert not changed(before, after) - may
    assert heard == []


async def reflected(client: Client, role: Role) -> None:
    """Every request of the role with every reply subject that it may not write itself."""
    questions = (subject for _, subject in role.questions)
    for asked in (*role.stores, *role.asks, *questions, *role.within, *role.tells):
        bodies = next((some for part, some in NOTHING.items() if part in asked), BODIES)
        for target in TARGETS:
            for body in bodies:
                await client.publish(concrete(asked), body, reply=target)
        await client.flush()


def concrete(subject: str) -> str:
    """A subject of this filter."""
    words = ["x" if word in ("*", ">") else word for word in subject.split(".")]
    if words[0] == "run":
        words[1:4] = RUN.split(".")[1:]
    return ".".join(words)


async def state(admin: Client) -> dict[str, State]:
    """Of each stream: how many messages each subject has; what it is; its consumers."""
    found: dict[str, State] = {}
    for stream in STREAMS:
        told = await _answer(admin, f"STREAM.INFO.{stream}", {"subjects_filter": ">"})
        consumers = await _answer(admin, f"CONSUMER.NAMES.{stream}", {})
        found[stream] = {
            **(told["state"].get("subjects") or {}),
            "config": told["config"],
            "consumers": consumers["consumers"],
        }
    return found


def changed(before: dict[str, State], after: dict[str, State]) -> set[str]:
    """The subjects whose messages are others now, and `config` or `consumers` if these are."""
    return {
        what
        for stream in STREAMS
        for what in before[stream].keys() | after[stream].keys()
        if before[stream].get(what) != after[stream].get(what)
    }


async def settled(*clients: Client) -> None:
    """Returns when the server has done with what was asked, chains of it too: there and back."""
    for _ in range(20):
        for client in clients:
            await client.flush()


async def _answer(admin: Client, asked: str, body: State) -> dict[str, Any]:
    data = json.dumps(body).encode()
    answer = await admin.request(f"$JS.API.{asked}", data, timeout=PATIENCE_SECONDS)
    told: dict[str, Any] = json.loads(answer.data)
    assert "error" not in told, (asked, told)
    return told
