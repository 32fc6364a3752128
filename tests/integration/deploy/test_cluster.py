"""deploy/nats-cluster.conf: three servers with the users of nats.conf, and all copies."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import nats
import pytest

from cli.up.nats import nats_server
from cli.up.port import LOOPBACK, free_port
from shared.log.provision import provision
from tests.cluster import copies_of
from tests.compose import ROOT
from tests.deployment import VALUES
from tests.eventually import PATIENCE_SECONDS, eventually_now
from tests.servers import own_folder

PASSWORD = "for-tests-only"
NAMES = ("nats-1", "nats-2", "nats-3")


class Member:
    """One server of the configuration, on loopback."""

    def __init__(self, folder: Path, name: str, port: int, ports: list[int]) -> None:
        self.port, monitor_port = free_port(), free_port()
        self._monitor = f"http://{LOOPBACK}:{monitor_port}"
        self._log = folder / f"{name}.log"
        routes = [f"nats-route://cluster:{PASSWORD}@{LOOPBACK}:{each}" for each in ports]
        where = {
            "--config": str(ROOT / "deploy" / "nats-cluster.conf"),
            "--addr": LOOPBACK,
            "--port": str(self.port),
            "--http_port": str(monitor_port),
            "--store_dir": str(folder / name),
            "--cluster": f"nats://cluster:{PASSWORD}@{LOOPBACK}:{port}",
        }
        told = {
            "NATS_SERVER_NAME": name,
            "NATS_CLUSTER_PASSWORD": PASSWORD,
            "NATS_ROUTES": json.dumps(routes),
            "NATS_SYNC_INTERVAL": "always",
        }
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [str(nats_server()), *(word for option in where.items() for word in option)],
                env={**os.environ, **{k: v for k, v in VALUES.items() if "NATS" in k}, **told},
                stdout=output,
                stderr=output,
            )

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self._log.read_text()[-2000:]
        try:
            with urlopen(f"{self._monitor}/healthz", timeout=PATIENCE_SECONDS) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@pytest.fixture
def members() -> Iterator[list[Member]]:
    ports = [free_port() for _ in NAMES]
    with own_folder() as folder:
        started = [Member(folder, *each, ports) for each in zip(NAMES, ports, strict=True)]
        try:
            for member in started:
                eventually_now(member.is_ready)
            yield started
        finally:
            for member in started:
                member.process.kill()
                member.process.wait(PATIENCE_SECONDS)


async def test_three_servers_of_the_configuration_keep_everything_three_times(
    members: list[Member],
) -> None:
    urls = ",".join(f"nats://migrate:{PASSWORD}@{LOOPBACK}:{member.port}" for member in members)
    made = await provision(urls, partitions=2, pools=("default",), replicas=3)
    assert {"RUNS", "TIMERS"} <= set(made.replicated)
    client = await nats.connect(urls.split(","), inbox_prefix=b"_INBOX_migrate")
    assert await copies_of(client, "STREAM.INFO.RUNS") == [True] * 3
    await client.close()
