"""`examples/notify.py` beside a whole stack: it posts and mails, and its link decides."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.test_howtos import EXAMPLES
from tests.operation.mailbox import Mailbox, mailbox
from tests.operation.test_nats_user import made
from tests.stack import RunningStack, running_stack

ASKS = {"nodes": [{"id": "ok", "type": "approval", "data": {"prompt": "Ship it?"}}], "edges": []}
FAILS: dict[str, Any] = {
    "nodes": [{"id": "a", "type": "agent", "data": {"instructions": "[[sim: status=401]]"}}],
    "edges": [],
}


@asynccontextmanager
async def notifying(stack: RunningStack, box: Mailbox, **more: str) -> AsyncIterator[None]:
    url = made(stack, "--workspace", "default", "--consumer", "notify", "--approvals")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(EXAMPLES / "notify.py"),
        env={
            **os.environ,
            "NATS_URL": url,
            "PENSTOCK_URL": stack.stack["api_url"],
            "PENSTOCK_TOKEN": stack.stack["token"],
            "WEBHOOK_URL": f"http://127.0.0.1:{box.web_port}/hook",
            "MAIL_FROM": "penstock@example.org",
            "MAIL_TO": "ada@example.org",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(box.mail_port),
            **more,
        },
    )
    try:
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_it_tells_of_what_waits_and_what_failed_also_what_did_so_while_it_was_away() -> None:
    with running_stack(workers=1) as stack:
        async with mailbox() as box, stack.client() as client:
            answered = await client.runs.create(flow=ASKS, input="x")
            await eventually(lambda: decided(stack, answered.run_id))
            asking = await client.runs.create(flow=ASKS, input="x")
            async with notifying(stack, box):
                await eventually(lambda: len(box.mails) == 1)
                failed = await client.runs.create(flow=FAILS, input="x")
                await eventually(lambda: len(box.mails) == 2)
            asked, broken = (each["text"] for each in box.posts)
            assert asked.startswith("Ship it?\nAnswer here, once: ")
            assert broken.startswith(f"Run {failed.run_id} has failed: ")
            assert [mail["Subject"] for mail in box.mails] == ["Ship it?", broken]
            assert stack.stack["token"] not in asked
            assert box.mails[0].get_content().split() == asked.split()
            link = asked.partition("#link=")[2]
            async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as http:
                url = f"{stack.stack['api_url']}/api/v1/links/decision"
                answer = await http.post(url, json={"link": link, "decision": "approve"})
            assert answer.json()["run_id"] == asking.run_id


async def test_it_goes_on_after_servers_that_say_nothing() -> None:
    with running_stack(workers=1) as stack:
        async with mailbox(silences=1) as box, stack.client() as client:
            runs = [(await client.runs.create(flow=FAILS, input="x")).run_id for _ in range(3)]
            async with notifying(stack, box, PATIENCE_SECONDS="0.5"):
                # The first is not posted, the second is posted and not mailed.
                await eventually(lambda: len(box.mails) == 1)
                assert len(box.posts) == 2
                # They come again.
                await eventually(lambda: {run for run in runs if told_of(box, run)} == {*runs})


def told_of(box: Mailbox, run: str) -> bool:
    """Whether a mail tells of the run."""
    return any(run in mail.get_content() for mail in box.mails)


async def decided(stack: RunningStack, run: str) -> bool:
    """Whether the run's question could be answered."""
    async with stack.http() as http:
        answer = await http.post(f"runs/{run}/steps/0/decision", json={"decision": "reject"})
    return answer.status_code == 200
