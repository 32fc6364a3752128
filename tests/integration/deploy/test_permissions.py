"""What each role may not do on NATS as deploy/nats.conf has it."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import NoRespondersError

from cli.up.port import LOOPBACK
from tests.deployment import Deployment, Machine, deployment
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.servers import flushed, own_folder

RUN = "run.0.acme.019a0000-0000-7000-8000-000000000001"
REQUESTED, STARTED, FINISHED = f"{RUN}.requested", f"{RUN}.started", f"{RUN}.finished"
READY = f"{RUN}.step.0.1.ready.local.shared"
OUTCOME = f"{RUN}.step.0.1.finished"
TIMER = "timer.0.acme.019a0000-0000-7000-8000-000000000001.deadline"
CREATE, WIPE = "$JS.API.CONSUMER.CREATE.RUNS", "$JS.API.STREAM.PURGE.RUNS"
INBOX = "_INBOX_api.answer"
OTHERS_ACK = "$JS.ACK.RUNS.scheduler-0.1.1.1.1.0"
KEY, READ_KEY = "$KV.CREDENTIALS.acme.provider.anthropic", "$JS.API.DIRECT.GET.KV_CREDENTIALS"
MAY_NOT_PUBLISH = {
    "migrate": (REQUESTED, FINISHED, TIMER),
    "api": (STARTED, READY, OUTCOME, TIMER, CREATE, WIPE, OTHERS_ACK),
    "scheduler": (
        REQUESTED,
        f"{RUN}.cancel",
        f"{RUN}.step.0.1.1.started",
        KEY,
        READ_KEY,
        CREATE,
        WIPE,
        INBOX,
    ),
    "agent-worker": (REQUESTED, STARTED, READY, FINISHED, TIMER, KEY, CREATE, WIPE, OTHERS_ACK),
    "projector": (REQUESTED, OUTCOME, FINISHED, TIMER, KEY, READ_KEY, WIPE, OTHERS_ACK, INBOX),
    "watcher": ("live.acme.run.requested", REQUESTED, "$JS.API.STREAM.INFO.RUNS", READ_KEY),
}
MAY_NOT_HEAR = {
    "migrate": ("run.>", "live.>", "_INBOX_api.>"),
    "api": ("run.>", "alive.>", "_INBOX_agent-worker.>", "_INBOX.>"),
    "scheduler": ("run.>", "live.>", "readers.>", "_INBOX_api.>"),
    "agent-worker": ("run.>", "live.>", "live.acme.>", "_INBOX_scheduler.>", ">"),
    "projector": ("run.>", "live.>", "_INBOX_api.>"),
    "watcher": ("run.>", "timer.>", "_INBOX_api.>", ">"),
}


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployment]:
    """NATS alone."""
    with own_folder() as folder, deployment(Machine(folder=folder, database_url="")) as made:
        made.start("nats")
        yield made


class Refusals:
    """What the server refused, in its own words."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[str] = asyncio.Queue()

    async def hear(self, error: Exception) -> None:
        """One more, as the connection tells it."""
        self._heard.put_nowait(str(error).lower())

    async def names(self, subject: str) -> bool:
        """The next refusal is of this subject."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return f'"{subject.lower()}"' in await self._heard.get()


async def connected(deployed: Deployment, user: str, refusals: Refusals) -> Client:
    return await nats.connect(
        deployed.machine.nats_url(user),
        error_cb=refusals.hear,
        inbox_prefix=f"_INBOX_{user}".encode(),
    )


@pytest.mark.parametrize("user", MAY_NOT_PUBLISH)
async def test_a_role_publishes_nothing_of_another_s(deployed: Deployment, user: str) -> None:
    refusals = Refusals()
    client = await connected(deployed, user, refusals)
    for subject in MAY_NOT_PUBLISH[user]:
        await client.publish(subject, b"{}")
        assert await refusals.names(subject), subject
    await client.close()


@pytest.mark.parametrize("user", MAY_NOT_HEAR)
async def test_a_role_hears_nothing_of_another_s(deployed: Deployment, user: str) -> None:
    refusals = Refusals()
    client = await connected(deployed, user, refusals)
    for subject in MAY_NOT_HEAR[user]:
        await client.subscribe(subject)
        assert await refusals.names(subject), subject
    await client.close()


@pytest.mark.parametrize("said", ["{}", '{"user":"api"}', '{"user":"api","pass":"guessed"}'])
async def test_nobody_comes_in_without_a_password(deployed: Deployment, said: str) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, deployed.machine.nats_port)
    writer.write(f"CONNECT {said}\r\nPING\r\n".encode())
    async with asyncio.timeout(PATIENCE_SECONDS):
        answer = await reader.read()
    assert answer.endswith(b"-ERR 'Authorization Violation'\r\n")
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("user", ["scheduler", "projector"])
async def test_who_is_asked_of_a_parked_run_answers_the_api_and_nobody_else(
    deployed: Deployment, user: str
) -> None:
    refusals = Refusals()
    asked, asking = [await connected(deployed, each, refusals) for each in (user, "api")]

    async def answer(message: Msg) -> None:
        await message.respond(b"yes")

    await asked.subscribe(f"parked.{user}.*.*.*", cb=answer)
    await flushed(asked)

    async def is_answered() -> bool:
        with suppress(NoRespondersError):  # the library's flush may overtake a subscription
            question = f"parked.{user}.0.acme.r"
            return (await asking.request(question, b"say", timeout=PATIENCE_SECONDS)).data == b"yes"
        return False

    await eventually(is_answered)
    await asked.publish(INBOX, b"no")
    assert await refusals.names(INBOX)
    for client in (asked, asking):
        await client.close()
