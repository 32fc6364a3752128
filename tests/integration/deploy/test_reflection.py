"""Whatever a role asks, with whatever reply subject: nothing arrives, nothing changes.

Against deploy/nats.conf on one server, and against the same accounts on a cluster of three whose
streams have three copies, asked from the node that leads the log and from one that does not.
"""

from __future__ import annotations

from collections.abc import Iterator

import nats
import pytest

from shared.log.accounts import from_environment
from shared.log.provision import provision
from shared.log.rights import roles
from shared.log.role import Role
from tests.cluster import NAMES, NatsCluster, leader_of, nats_cluster, provisioned
from tests.deployment import Deployment, Machine, deployment
from tests.integration.deploy.reflection import PARTITIONS, SERVICES, judge
from tests.servers import own_folder


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployment]:
    with own_folder() as folder, deployment(Machine(folder=folder, database_url="")) as made:
        made.start("nats")
        yield made


@pytest.fixture(scope="module")
def cluster() -> Iterator[NatsCluster]:
    with nats_cluster({role.name: f"p{role.name}" for role in roles()}) as nodes:
        yield nodes


@pytest.mark.parametrize("role", SERVICES, ids=lambda role: role.name)
async def test_no_answer_gets_where_its_asker_may_not_write(
    deployed: Deployment, role: Role
) -> None:
    url = deployed.machine.nats_url
    await provision(url("migrate"), partitions=PARTITIONS, pools=("default", "local"))
    await judge(role, asker=url, others=url)


@pytest.mark.parametrize("place", ["leader", "follower"])
@pytest.mark.parametrize("role", SERVICES, ids=lambda role: role.name)
async def test_nor_does_it_on_three_nodes(cluster: NatsCluster, role: Role, place: str) -> None:
    await provisioned(cluster, PARTITIONS)
    leader = await _leader(cluster)
    follower = next(name for name in NAMES if name != leader)
    here, there = (leader, follower) if place == "leader" else (follower, leader)
    asker, others = (cluster.nodes[name].embedded.url_of for name in (here, there))
    await judge(role, asker=asker, others=others)


async def _leader(cluster: NatsCluster) -> str:
    """The name of the node that leads the log."""
    url = cluster.nodes[NAMES[0]].embedded.url_of("migrate")
    client = await nats.connect(url, inbox_prefix=b"_INBOX_migrate")
    try:
        return await leader_of(client, "STREAM.INFO.RUNS")
    finally:
        await client.close()


def test_every_role_has_a_password_of_its_own() -> None:
    made = {from_environment(role.name) for role in roles()}
    assert len(made) == len(roles())
