"""What the processes of `penstock up` are given: their own secrets, and no one else's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import psutil
import pytest

from cli.up.port import LOOPBACK
from tests.eventually import PATIENCE_SECONDS
from tests.stack import RunningStack, running_stack

CALLERS = {
    "A_SECRET_OF_THE_CALLER": "callers-secret",
    "AWS_SECRET_ACCESS_KEY": "callers-secret",
    "PENSTOCK_LINGER_SECONDS": "61",
    "PENSTOCK_OIDC_ISSUER": "https://nobody.example",
    "PENSTOCK_OIDC_CLIENT_ID": "penstock",
    "PENSTOCK_OIDC_DOMAINS": "nobody.example",
    "PENSTOCK_OIDC_CLIENT_SECRET": "providers-secret",
    "PENSTOCK_EGRESS_PROXY": "http://me:proxys-secret@proxy.example:3128",
}
OURS = ("api", "scheduler", "projector", "provisioner", "agent-worker-1", "simulator")
SERVERS = ("nats", "postgres")
USERS = {
    "api": "api",
    "scheduler": "scheduler",
    "projector": "projector",
    "provisioner": "provisioner",
}


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack(workers=1, environment=CALLERS) as running:
        yield running


def environ_of(stack: RunningStack, name: str) -> dict[str, str]:
    found: dict[str, str] = psutil.Process(stack.service(name)["pid"]).environ()
    return found


@pytest.mark.parametrize("name", [*OURS, *SERVERS])
def test_nothing_of_the_caller_s_but_settings_reaches_a_process(
    stack: RunningStack, name: str
) -> None:
    found = environ_of(stack, name)
    assert "callers-secret" not in found.values()
    assert found.get("PENSTOCK_LINGER_SECONDS") == (None if name in SERVERS else "61")


@pytest.mark.parametrize("name", [*OURS, *SERVERS])
def test_a_process_has_its_own_passwords_and_no_other_s(stack: RunningStack, name: str) -> None:
    found = " ".join(environ_of(stack, name).values())
    secrets = json.loads((stack.data / "secrets.json").read_text())
    passwords = json.loads((stack.data / "passwords.json").read_text())
    role = name.removesuffix("-1")
    has = {user for user, password in passwords["nats"].items() if password in found}
    assert has == ({role} if name not in (*SERVERS, "simulator") else set())
    has = {user for user, password in passwords["postgres"].items() if password in found}
    assert has == ({f"penstock_{USERS[role]}"} if role in USERS else set())
    assert secrets["database_password"] not in found
    assert (secrets["token"] in found) == (role == "api")
    assert ("providers-secret" in found) == (role == "api")
    assert ("proxys-secret" in found) == (role == "agent-worker")
    assert (secrets["secret_key"] in found) == (role in ("api", "agent-worker"))


async def test_nobody_on_the_machine_comes_into_nats_without_a_password(
    stack: RunningStack,
) -> None:
    _, _, port = stack.stack["nats_url"].rpartition(":")
    reader, writer = await asyncio.open_connection(LOOPBACK, int(port))
    writer.write(b"CONNECT {}\r\nPING\r\n")
    async with asyncio.timeout(PATIENCE_SECONDS):
        answer = await reader.read()
    assert answer.endswith(b"-ERR 'Authorization Violation'\r\n")
    writer.close()
    await writer.wait_closed()
