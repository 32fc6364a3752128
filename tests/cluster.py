"""Three nats-servers on loopback as one cluster: to kill, to freeze, to ask who leads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError

from cli.up.nats import EmbeddedNats
from cli.up.port import LOOPBACK, free_port
from shared.errors import Unavailable
from shared.log.provision import provision
from tests.eventually import eventually, eventually_now
from tests.servers import STORE_BYTES, NatsServer, own_folder

NAMES = ("n1", "n2", "n3")
_CLUSTER = """
cluster {{
  name: penstock
  listen: {host}:{port}
  routes: [{routes}]
  no_advertise: true
}}
"""
_ASK_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class ClusterMember(EmbeddedNats):
    """One of them; `ports` are those on which all of them listen to each other."""

    name: str
    port_of_cluster: int
    ports: tuple[int, ...]

    def prepared(self) -> tuple[str, ...]:
        command = super().prepared()
        config = self.folder / "nats.conf"
        alone = config.read_text().replace("server_name: penstock", f"server_name: {self.name}")
        routes = ", ".join(f"nats-route://{LOOPBACK}:{port}" for port in self.ports)
        ours = _CLUSTER.format(host=LOOPBACK, port=self.port_of_cluster, routes=routes)
        config.write_text(alone + ours)
        return command


class NatsCluster:
    """Three servers; what becomes of one is undone by `heal`.

    `passwords` are those of its users by role; without any, everybody may do everything.
    """

    def __init__(self, folder: Path, passwords: Mapping[str, str] | None = None) -> None:
        self._passwords = passwords or {}
        ports = tuple(free_port() for _ in NAMES)
        self.nodes: dict[str, NatsServer] = {}
        for name, port in zip(NAMES, ports, strict=True):
            own = folder / name
            own.mkdir()
            member = ClusterMember(
                folder=own,
                port=free_port(),
                monitor_port=free_port(),
                max_store_bytes=STORE_BYTES,
                passwords=self._passwords,
                name=name,
                port_of_cluster=port,
                ports=ports,
            )
            self.nodes[name] = NatsServer(own, member)

    @property
    def urls(self) -> str:
        """All of them, as NATS_URL has them."""
        return ",".join(node.url for node in self.nodes.values())

    @property
    def migrate_urls(self) -> str:
        """The same for who makes the log."""
        if not self._passwords:
            return self.urls
        return ",".join(node.embedded.url_of("migrate") for node in self.nodes.values())

    def urls_but(self, *names: str) -> str:
        """Those of the others."""
        return ",".join(node.url for name, node in self.nodes.items() if name not in names)

    def start(self) -> None:
        """Starts all; returns once each says that it is well."""
        for node in self.nodes.values():
            node.begin()
        for node in self.nodes.values():
            eventually_now(node.answers)

    def stop(self) -> None:
        for node in self.nodes.values():
            node.stop(SIGKILL)

    def heal(self) -> None:
        """Starts what was killed and wakes what was frozen; returns once all are well."""
        for node in self.nodes.values():
            if node.process is None:
                node.begin()
            else:
                node.thaw()
        for node in self.nodes.values():
            eventually_now(node.answers)


async def ask(client: Client, question: str, **body: Any) -> dict[str, Any] | None:
    """What the JetStream API answers; None for silence, or for an error."""
    try:
        answer = await client.request(
            f"$JS.API.{question}", json.dumps(body).encode(), timeout=_ASK_SECONDS
        )
    except (NatsError, TimeoutError):
        return None
    told: dict[str, Any] = json.loads(answer.data)
    return None if "error" in told else told


async def leader_of(client: Client, question: str) -> str:
    """The name of the node that leads what `STREAM.INFO.x` or `CONSUMER.INFO.x.y` tells of."""

    async def leader() -> str:
        info = await ask(client, question)
        return str(info["cluster"].get("leader", "")) if info else ""

    return await eventually(leader)


async def copies_of(client: Client, question: str) -> list[bool]:
    """Of each server that keeps it, whether it has all of it; the leader's is the first."""
    info = await eventually(lambda: ask(client, question))
    others = info["cluster"].get("replicas") or []
    return [True, *(bool(each["current"]) for each in others)]


async def provisioned(cluster: NatsCluster, partitions: int = 2, replicas: int = 3) -> None:
    """Has the cluster keep everything so many times; one that has just begun may be slow."""

    async def done() -> bool:
        try:
            await provision(
                cluster.migrate_urls,
                partitions=partitions,
                pools=("default", "local"),
                replicas=replicas,
            )
        except Unavailable:
            return False
        return True

    await eventually(done)


@contextmanager
def nats_cluster(passwords: Mapping[str, str] | None = None) -> Iterator[NatsCluster]:
    """A cluster that is well, gone at the end."""
    with own_folder() as folder:
        cluster = NatsCluster(folder, passwords)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
