"""All that is sealed, under a new secret key: with runs in flight, and broken off halfway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from services.api.keys.credential_table import AT_ONCE
from shared.credentials.names import CredentialName
from shared.credentials.sealer import Sealer, id_of
from shared.log import Log, connect
from simulator.http.journal import fingerprint
from tests.eventually import eventually
from tests.integration.api.story import Service
from tests.integration.keys_world import (
    KEY,
    NEW,
    OLD,
    KeysWorld,
    asking,
    ended,
    keys_world,
    run,
)

GOOD = "sk-ant-api03-a-good-key-0001"
ROTATE, SECRETS = "/api/v1/admin/keys/rotate", "/api/v1/secrets"
BOTH = f"{NEW},{OLD}"
NEWEST, OLDEST = id_of(bytes.fromhex(NEW)), id_of(bytes.fromhex(OLD))
MANY = 130
VALUES = {f"S_{n}": f"value {n}" for n in range(MANY)}


@pytest.fixture
async def world(nats_url: str, database_url: str) -> AsyncIterator[KeysWorld]:
    async with keys_world(nats_url, database_url) as made:
        yield made


@pytest.fixture
async def log(nats_url: str) -> AsyncIterator[Log]:
    async with connect(nats_url, name="test") as opened:
        yield opened


async def rotated(service: Service) -> dict[str, Any]:
    answer = await service.http.post(ROTATE)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def fill(service: Service) -> None:
    """Many secrets and a key."""
    for name, value in VALUES.items():
        answer = await service.http.put(f"{SECRETS}/{name}", json={"value": value})
        assert answer.status_code == 200, answer.text
    assert (await service.http.put(KEY, json={"key": GOOD})).status_code == 200


async def opened_by(log: Log, *secret_keys: str) -> dict[str, str]:
    """Every secret that workers have, as these secret keys open them."""
    sealer = Sealer(*map(bytes.fromhex, secret_keys))
    found = {}
    for each in VALUES:
        name = CredentialName("default", "secret", each)
        published = await log.credentials.read(name)
        assert published is not None
        assert published.sealed is not None
        found[each] = sealer.open(name, published.sealed)
    return found


async def sealed_by(database_url: str) -> dict[str, int]:
    """How many rows are sealed under each secret key, and that each opens as workers' do."""
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch("select sealed_by, count(*) from credentials group by 1")
    await connection.close()
    return dict(rows)


async def test_a_rotation_broken_off_halfway_goes_on_with_runs_in_flight(
    world: KeysWorld, log: Log, database_url: str
) -> None:
    before = await world.api(OLD)
    await fill(before)
    async with world.worker(BOTH):
        in_flight = await run(before, asking("words=40 rate=10/s"))
        await eventually(world.fingerprints)
        both = await world.api(BOTH)
        first = await rotated(both)
        assert (first["secret_key"], first["resealed"], first["unreadable"]) == (NEWEST, AT_ONCE, 0)
        assert first["remaining"] == MANY + 1 - AT_ONCE
        # Halfway both are in force, and nothing is lost.
        assert await opened_by(log, NEW, OLD) == VALUES
        assert await sealed_by(database_url) == {
            NEWEST: AT_ONCE,
            OLDEST: MANY + 1 - AT_ONCE,
        }
        # Two go on at once, each with what the other has not done.
        going_on = await asyncio.gather(rotated(both), rotated(both))
        assert sum(told["resealed"] for told in going_on) == MANY + 1 - AT_ONCE
        last = await rotated(both)
        assert (last["resealed"], last["remaining"]) == (0, 0)
        assert (await ended(both, in_flight))["status"] == "completed"
    assert await sealed_by(database_url) == {NEWEST: MANY + 1}
    assert await opened_by(log, NEW) == VALUES
    # From now on the new key is enough.
    async with world.worker(NEW):
        after = await world.api(NEW)
        assert (await ended(after, await run(after)))["status"] == "completed"
        assert set(await world.fingerprints()) == {fingerprint(GOOD)}


async def test_a_rotation_waits_for_workers_that_do_not_have_the_newest_key(
    world: KeysWorld,
) -> None:
    api = await world.api(BOTH)
    async with world.worker(OLD):

        async def is_refused() -> bool:
            answer = await api.http.post(ROTATE)
            is_told = "PENSTOCK_SECRET_KEY=NEW,OLD" in answer.text
            return answer.status_code == 409 and is_told and NEWEST in answer.text

        await eventually(is_refused)
    async with world.worker(BOTH):

        async def is_taken() -> bool:
            return (await api.http.post(ROTATE)).status_code == 200

        await eventually(is_taken)


async def test_what_opens_under_no_key_in_force_is_told_and_left(
    world: KeysWorld, database_url: str
) -> None:
    before = await world.api(OLD)
    await before.http.put(f"{SECRETS}/LOST", json={"value": "x"})
    after = await world.api(NEW)
    await after.http.put(f"{SECRETS}/GOOD", json={"value": "y"})
    told = await rotated(after)
    assert told == {"secret_key": NEWEST, "resealed": 0, "remaining": 0, "unreadable": 1}
    assert await sealed_by(database_url) == {NEWEST: 1, OLDEST: 1}


async def test_a_value_set_meanwhile_is_not_undone(world: KeysWorld, log: Log) -> None:
    before, both = await world.api(OLD), await world.api(BOTH)
    names = [f"S_{n}" for n in range(20)]
    for name in names:
        await before.http.put(f"{SECRETS}/{name}", json={"value": "before"})
    sets = [both.http.put(f"{SECRETS}/{name}", json={"value": "after"}) for name in names]
    await asyncio.gather(rotated(both), *sets, rotated(both))
    sealer = Sealer(bytes.fromhex(NEW), bytes.fromhex(OLD))
    for secret in (CredentialName("default", "secret", name) for name in names):
        found = await log.credentials.latest(secret)
        assert found is not None
        assert sealer.open(secret, found.sealed or "") == "after"
