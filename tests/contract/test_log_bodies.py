"""Bodies that are no facts: large texts and flow versions."""

from hashlib import sha256

import pytest

from tests.contract.world import World

MEBIBYTE = 1 << 20


@pytest.mark.parametrize("body", [b"", b"words", bytes(range(256)) * 12 * 1024])
async def test_a_blob_is_read_back_by_its_hash(world: World, body: bytes) -> None:
    name = await world.log.put_blob("acme", "r1", body)
    assert name == sha256(body).hexdigest()
    assert await world.log.get_blob("acme", "r1", name) == body


async def test_a_blob_belongs_to_its_run_and_workspace(world: World) -> None:
    name = await world.log.put_blob("acme", "r1", b"secret")
    assert await world.log.get_blob("acme", "r2", name) is None
    assert await world.log.get_blob("emca", "r1", name) is None
    assert await world.log.get_blob("acme", "r1", "0" * 64) is None
    assert await world.log.put_blob("emca", "r1", b"secret") == name
    assert await world.log.get_blob("emca", "r1", name) == b"secret"


async def test_a_blob_stored_twice_is_one(world: World) -> None:
    names = {await world.log.put_blob("acme", "r1", b"words") for _ in range(2)}
    assert [await world.log.get_blob("acme", "r1", name) for name in names] == [b"words"]


async def test_a_flow_version_is_read_back_by_its_hash(world: World) -> None:
    body = b'{"nodes":[],"edges":[]}' * (3 * MEBIBYTE // 23)
    version = sha256(body).hexdigest()
    assert await world.log.get_flow(version) is None
    await world.log.put_flow(version, body)
    await world.log.put_flow(version, body)
    assert await world.log.get_flow(version) == body
    assert await world.log.get_flow("0" * 64) is None


async def test_a_deleted_blob_is_gone_and_its_name_is_free_again(world: World) -> None:
    body = b"words" * 100_000
    name = await world.log.put_blob("acme", "r1", body)
    kept = await world.log.put_blob("acme", "r2", body)
    await world.log.delete_blobs("acme", "r1", [name, "0" * 64])
    await world.log.delete_blobs("acme", "r1", [name])
    assert await world.log.get_blob("acme", "r1", name) is None
    assert await world.log.get_blob("acme", "r2", kept) == body
    await world.log.put_blob("acme", "r1", body)
    assert await world.log.get_blob("acme", "r1", name) == body
