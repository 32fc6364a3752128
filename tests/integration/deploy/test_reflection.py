"""Whatever a role asks, with whatever reply subject: nothing arrives, nothing changes.

NATS does not check the reply subject of a request: the server publishes its answer there without
anyone's permissions. Every request of every role is made here with reply subjects that the role may
not write, against deploy/nats.conf, and the log's account is compared before and after.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.log.accounts import from_environment
from shared.log.provision import provision
from shared.log.rights import Role, roles
from tests.deployment import Deployment, Machine, deployment
from tests.eventually import PATIENCE_SECONDS
from tests.servers import own_folder

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
    "$KV.IDEMPOTENCY.acme.x",
    "_INBOX_api.x",
    "_INBOX_scheduler.x",
    "_INBOX_agent-worker.x",
    "_INBOX_projector.x",
    "_INBOX_migrate.x",
)
SERVICES = [role for role in roles(partitions=1) if role.name != "migrate"]
BODIES = (
    BYTES,
    json.dumps({"last_by_subj": f"{RUN}.delta.0.1.1"}).encode(),
    json.dumps({"batch": 1, "no_wait": True}).encode(),
    b"+NXT",
)
# Not asked: they are of the role's own work, and would change what is compared.
CHANGES = (".STREAM.PURGE.", ".STREAM.MSG.DELETE.")


@pytest.fixture
def deployed() -> Iterator[Deployment]:
    with own_folder() as folder, deployment(Machine(folder=folder, database_url="")) as made:
        made.start("nats")
        yield made


def concrete(subject: str) -> str:
    """A subject of this filter."""
    words = ["x" if word in ("*", ">") else word for word in subject.split(".")]
    if words[0] == "run":
        words[1:4] = RUN.split(".")[1:]
    return ".".join(words)


class Ears:
    """What others than the asker hear on what no one may write."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def on(self, message: Msg) -> None:
        # What the log republished stands in it: that is compared with what was stored.
        if not (message.headers and "Nats-Sequence" in message.headers):
            self.heard.append(message.subject)


async def counted(client: Client) -> dict[str, dict[str, int]]:
    """How many messages each subject of each stream has."""
    found: dict[str, dict[str, int]] = {}
    for stream in ("RUNS", "TIMERS", "KV_IDEMPOTENCY", "OBJ_FLOWS", "OBJ_BLOBS"):
        asked = json.dumps({"subjects_filter": ">"}).encode()
        answer = await client.request(
            f"$JS.API.STREAM.INFO.{stream}", asked, timeout=PATIENCE_SECONDS
        )
        told = json.loads(answer.data)
        assert "error" not in told, (stream, told)
        found[stream] = told["state"].get("subjects") or {}
    return found


async def as_role(deployed: Deployment, name: str) -> Client:
    return await nats.connect(
        deployed.machine.nats_url(name), inbox_prefix=f"_INBOX_{name}".encode()
    )


async def reflected(client: Client, role: Role) -> None:
    """Every request of the role with every reply subject that it may not write itself."""
    for asked in (*role.stores, *role.asks, *role.within, *role.tells):
        if any(each in asked for each in CHANGES):
            continue
        for target in TARGETS:
            for body in BODIES:
                await client.publish(concrete(asked), body, reply=target)
        await client.flush()


@pytest.mark.parametrize("role", SERVICES, ids=lambda role: role.name)
async def test_no_answer_gets_where_its_asker_may_not_write(
    deployed: Deployment, role: Role
) -> None:
    migrate = deployed.machine.nats_url("migrate")
    await provision(migrate, partitions=1, pools=("default", "local"), max_bytes=1 << 30)
    admin, ears = await as_role(deployed, "migrate"), Ears()
    others = {
        each.name: await as_role(deployed, each.name) for each in SERVICES if each.name != role.name
    }
    for name, other in others.items():
        if name != "watcher":
            await other.subscribe(f"_INBOX_{name}.>", cb=ears.on)
        if name in ("watcher", "api"):
            await other.subscribe("live.>", cb=ears.on)
        await other.flush()
    await admin.subscribe("_INBOX_migrate.x", cb=ears.on)
    asker = await as_role(deployed, role.name)
    await reflected(asker, role)
    await settled(asker, admin)
    after = await counted(admin)
    may = {concrete(subject) for subject in role.stores}
    for stream, subjects in after.items():
        assert set(subjects) <= may, (stream, sorted(set(subjects) - may))
    assert ears.heard == []
    for client in (asker, admin, *others.values()):
        await client.close()


async def settled(*clients: Client) -> None:
    """Returns when the server has done with what was asked, chains of it too: there and back."""
    for _ in range(20):
        for client in clients:
            await client.flush()


def test_every_role_has_a_password_of_its_own() -> None:
    made = {from_environment(role.name) for role in roles()}
    assert len(made) == len(roles())
