"""Three nodes on loopback with the accounts of the roles, every stream in three copies."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import nats

from cli.up.nats import EmbeddedNats
from cli.up.port import LOOPBACK, free_port
from shared.errors import Unavailable
from shared.log.accounts import accounts
from shared.log.provision import provision
from shared.log.rights import roles
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.deploy.reflection import STREAMS

STORE_BYTES = 64 << 30
NODES = range(3)


class ThreeNodes:
    """Nodes by number."""

    def __init__(self, folder: Path) -> None:
        self._passwords = {role.name: f"p{role.name}" for role in roles()}
        self._nodes = [
            EmbeddedNats(
                folder=folder / f"n{number}",
                port=free_port(),
                monitor_port=free_port(),
                max_store_bytes=STORE_BYTES,
            )
            for number in NODES
        ]
        self._routes = [free_port() for _ in NODES]
        self._processes = [self._start(number) for number in NODES]

    def urls(self, number: int) -> Callable[[str], str]:
        """Where each role finds a node."""
        port = self._nodes[number].port
        return lambda role: f"nats://{role}:{self._passwords[role]}@{LOOPBACK}:{port}"

    async def provision(self, partitions: int) -> None:
        """The log, every stream in three copies; returns once each has its leader."""
        await eventually(lambda: self._provisioned(partitions))
        for stream in STREAMS:
            await eventually(partial(self._is_in_three_copies, stream))

    async def leader_of(self, stream: str) -> int:
        """The number of the node that leads a stream."""
        told = await self._ask(f"STREAM.INFO.{stream}", {})
        return int(told["cluster"]["leader"][1:])

    def stop(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()

    async def _provisioned(self, partitions: int) -> bool:
        try:
            url = self.urls(0)("migrate")
            await provision(url, partitions=partitions, pools=("default", "local"))
        except (Unavailable, nats.errors.Error):
            return False  # there is no leader yet
        return True

    async def _is_in_three_copies(self, stream: str) -> bool:
        told = await self._ask(f"STREAM.INFO.{stream}", {})
        if "error" in told:
            return False
        if told["config"]["num_replicas"] != len(NODES):
            wanted = {**told["config"], "num_replicas": len(NODES)}
            await self._ask(f"STREAM.UPDATE.{stream}", wanted)
            return False
        copies = told["cluster"].get("replicas") or []
        return len(copies) == 2 and all(each["current"] for each in copies)

    async def _ask(self, asked: str, body: dict[str, Any]) -> dict[str, Any]:
        client = await nats.connect(self.urls(0)("migrate"), inbox_prefix=b"_INBOX_migrate")
        try:
            data = json.dumps(body).encode()
            answer = await client.request(f"$JS.API.{asked}", data, timeout=PATIENCE_SECONDS)
        finally:
            await client.close()
        told: dict[str, Any] = json.loads(answer.data)
        return told

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        node = self._nodes[number]
        node.folder.mkdir()
        command = node.prepared()
        config = node.folder / "nats.conf"
        routes = ", ".join(f"nats://{LOOPBACK}:{port}" for port in self._routes)
        config.write_text(
            config.read_text().replace("server_name: penstock", f"server_name: n{number}")
            + accounts(roles(partitions=1), self._passwords.__getitem__)
            + f"cluster {{ name: tests, listen: {LOOPBACK}:{self._routes[number]}, "
            + f"routes: [{routes}] }}\n"
        )
        with (node.folder / "log").open("wb") as log:
            return subprocess.Popen(command, stdout=log, stderr=log)


@contextmanager
def three_nodes(folder: Path) -> Iterator[ThreeNodes]:
    """They are gone at the end."""
    nodes = ThreeNodes(folder)
    try:
        yield nodes
    finally:
        nodes.stop()
