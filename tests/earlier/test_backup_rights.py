"""What the users of an earlier deployment's NATS need before it can be backed up: upgrade.md."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from nats.js.api import StreamConfig

from cli.up.nats import nats_server
from cli.up.port import LOOPBACK, free_port
from shared.log.jetstream.connection import NatsUnavailable
from shared.log.snapshots import snapshots
from tests.architecture.source import ROOT
from tests.earlier.checkouts import recorded_commit
from tests.eventually import PATIENCE_SECONDS, eventually_now
from tests.servers import connected, own_folder

PASSWORD = "for-tests-only"
FIRST_USER = "    { user: migrate,"


def shown() -> str:
    """The user that the page has added."""
    page = (ROOT / "docs" / "howto" / "upgrade.md").read_text()
    [block] = re.findall(r"^```nats\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    return str(block)


def earlier_config(added: str) -> str:
    """deploy/nats.conf of a version without accounts, with a user more."""
    asked = ["git", "-C", str(ROOT), "show", f"{recorded_commit()}:deploy/nats.conf"]
    text = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert text.count(FIRST_USER) == 1
    return text.replace(FIRST_USER, added + FIRST_USER)


@contextmanager
def serving(folder: Path, config: str) -> Iterator[str]:
    """A server with this configuration; the URL at which `migrate` logs in."""
    (folder / "nats.conf").write_text(config)
    port, monitor, log = free_port(), free_port(), folder / "log"
    command = (
        *(str(nats_server()), "--config", str(folder / "nats.conf"), "--addr", LOOPBACK),
        *("--port", str(port), "--http_port", str(monitor), "--store_dir", str(folder / "store")),
    )
    named = re.findall(r"\$(NATS_\w+_PASSWORD)", config)
    environment = dict.fromkeys(named, PASSWORD) | {"NATS_SYNC_INTERVAL": "always"}
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        eventually_now(lambda: "Server is ready" in log.read_text())
        yield f"nats://migrate:{PASSWORD}@{LOOPBACK}:{port}"
    finally:
        process.kill()
        process.wait(PATIENCE_SECONDS)


async def saved_bytes(url: str) -> int:
    """How much a backup gets of a stream with two messages."""
    client = await connected(url, "_INBOX_migrate")
    context = client.jetstream(timeout=PATIENCE_SECONDS)
    await context.add_stream(StreamConfig(name="KV_X", subjects=["$KV.X.>"]))
    for key in ("a", "b"):
        await context.publish(f"$KV.X.{key}", b"value")
    await client.close()
    async with snapshots(url) as streams, streams.save("KV_X") as (_, chunks):
        return sum([len(chunk) async for chunk in chunks])


async def test_an_earlier_server_can_be_backed_up_with_the_user_that_the_page_adds() -> None:
    with own_folder() as folder, serving(folder, earlier_config(shown())) as url:
        assert await saved_bytes(url) > 0


async def test_without_that_user_nobody_is_let_in_to_back_up() -> None:
    told = pytest.raises(NatsUnavailable, match="expected a NATS server that lets backup in")
    with own_folder() as folder, serving(folder, earlier_config("")) as url, told:
        async with snapshots(url):
            pass
