"""NATS as `penstock up` has it, with a worker, and users who serve the tools of two workspaces."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from penstock_client import ToolBounds, serve_tool
from penstock_client.tool_calls import Handler

from cli.up.nats import EmbeddedNats
from cli.up.port import LOOPBACK, free_port
from services.agent_worker.tools.nats import call_nats_tool
from services.agent_worker.tools.occasion import Occasion
from services.agent_worker.tools.result import ToolResult
from shared.flow.json_value import JSON
from shared.log import connect
from shared.log.accounts import USERS_FILE, account
from shared.log.jetstream import JetStreamLog
from shared.log.rights import roles, tool_server
from shared.tools import NatsTool
from tests.architecture.source import ROOT
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.servers import STORE_BYTES, NatsServer, own_folder

ACME, GLOBEX = "acme", "globex"
PASSWORDS = {role.name: f"p-{role.name}" for role in roles()} | {"migrate": "p-migrate"}
SERVED = "penstock_client.tools"
KEY = "run-1.2.1.3.0"


def tool(name: str = "weather", **nats: object) -> NatsTool:
    """A tool that takes anything."""
    return NatsTool.model_validate(
        {
            "name": name,
            "description": "Tells the weather.",
            "input_schema": {"type": "object"},
            "kind": "nats",
            "nats": nats,
        }
    )


class ToolWorld:
    """A server, and the worker's connection to it."""

    def __init__(self, server: NatsServer, log: JetStreamLog) -> None:
        self.server = server
        self.log = log

    def url(self, workspace: str) -> str:
        """Where the user who serves the workspace's tools finds NATS."""
        return f"nats://{_user(workspace)}:p-{workspace}@{LOOPBACK}:{self.server.embedded.port}"

    async def call(
        self, tool: NatsTool, arguments: Mapping[str, JSON], workspace: str = ACME
    ) -> ToolResult:
        """What a worker's call of the tool ends in."""
        occasion = Occasion(
            workspace=workspace, run="run-1", node="a", attempt=1, idempotency_key=KEY
        )
        calling = call_nats_tool(tool, arguments, calls=self.log.tools, occasion=occasion)
        return await asyncio.wait_for(calling, PATIENCE_SECONDS)

    @asynccontextmanager
    async def serving(
        self,
        handler: Handler,
        name: str = "weather",
        workspace: str = ACME,
        bounds: ToolBounds | None = None,
    ) -> AsyncIterator[asyncio.Task[None]]:
        """A program that serves the tool, until the block ends."""
        with began_to_serve() as begun:
            serving = serve_tool(self.url(workspace), workspace, name, handler, bounds)
            task = asyncio.create_task(serving)
            await eventually(lambda: begun or task.done())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait({task})


@asynccontextmanager
async def tool_world() -> AsyncIterator[ToolWorld]:
    """A server that is started with its users, and stopped in the end."""
    with own_folder() as folder:
        embedded = EmbeddedNats(
            folder=folder,
            port=free_port(),
            monitor_port=free_port(),
            max_store_bytes=STORE_BYTES,
            passwords=PASSWORDS,
        )
        server = NatsServer(folder, embedded)
        let_in(server, ACME, GLOBEX)
        server.start()
        try:
            async with connect(embedded.url_of("agent-worker"), name="agent-worker") as log:
                yield ToolWorld(server, log)
        finally:
            server.stop()


def let_in(server: NatsServer, *workspaces: str) -> None:
    """The users of these workspaces are those that NATS knows, once it has read its file."""
    users = [account(tool_server(_user(each), each), f"p-{each}") for each in workspaces]
    (server.embedded.folder / USERS_FILE).write_text("\n".join(users))


@asynccontextmanager
async def program(
    source: str | Path, url: str, folder: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program of a user, in a process of its own; killed in the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *(("-c", source) if isinstance(source, str) else (str(source),)),
        cwd=folder,
        env={**os.environ, "NATS_URL": url, "PYTHONPATH": str(ROOT / "client")},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


class _Begun(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.subjects: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg.startswith("serving"):
            self.subjects.append(record.getMessage())


@contextmanager
def began_to_serve() -> Iterator[list[str]]:
    """While the block lasts, the subjects that somebody began to serve."""
    logger, begun = logging.getLogger(SERVED), _Begun()
    before = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(begun)
    try:
        yield begun.subjects
    finally:
        logger.removeHandler(begun)
        logger.setLevel(before)


def _user(workspace: str) -> str:
    return f"{workspace}-tools"
