"""Whatever a role asks, with whatever reply subject: nothing arrives, nothing changes.

Against deploy/nats.conf on one server, and against the same accounts on a cluster of three whose
streams have three copies, asked from the node that leads the log and from one that does not.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.log.accounts import from_environment
from shared.log.provision import provision
from shared.log.rights import Role, roles
from tests.deployment import Deployment, Machine, deployment
from tests.integration.deploy.reflection import PARTITIONS, SERVICES, judge
from tests.integration.deploy.three_nodes import ThreeNodes, three_nodes
from tests.servers import own_folder


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployment]:
    with own_folder() as folder, deployment(Machine(folder=folder, database_url="")) as made:
        made.start("nats")
        yield made


@pytest.fixture(scope="module")
def cluster() -> Iterator[ThreeNodes]:
    with own_folder() as folder, three_nodes(folder) as nodes:
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
async def test_nor_does_it_on_three_nodes(cluster: ThreeNodes, role: Role, place: str) -> None:
    await cluster.provision(PARTITIONS)
    leader = await cluster.leader_of("RUNS")
    follower = (leader + 1) % 3
    here, there = (leader, follower) if place == "leader" else (follower, leader)
    await judge(role, asker=cluster.urls(here), others=cluster.urls(there))


def test_every_role_has_a_password_of_its_own() -> None:
    made = {from_environment(role.name) for role in roles()}
    assert len(made) == len(roles())
