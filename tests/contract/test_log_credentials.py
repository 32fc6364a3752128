"""Sealed keys and secrets: of each name the latest revision."""

from __future__ import annotations

import asyncio

from shared.credentials.names import CredentialName
from shared.credentials.published import Published
from tests.contract.world import World

NAME = CredentialName("acme", "provider", "anthropic")
OTHER = CredentialName("acme", "secret", "anthropic")


async def test_a_name_nobody_published_has_nothing(world: World) -> None:
    store = world.log.credentials
    assert (await store.read(NAME), await store.latest(NAME)) == (None, None)


async def test_what_is_published_is_read_by_everybody(world: World) -> None:
    value, other = Published(3, "sealed"), await world.another()
    assert await world.log.credentials.publish(NAME, value) == value
    assert await other.credentials.latest(NAME) == value
    assert await other.credentials.read(NAME) == value
    assert await other.credentials.read(OTHER) is None


async def test_an_earlier_revision_never_takes_the_place_of_a_later(world: World) -> None:
    store = world.log.credentials
    deleted = Published(5, None)
    await store.publish(NAME, deleted)
    for earlier in (Published(4, "earlier"), Published(5, "as late")):
        assert await store.publish(NAME, earlier) == deleted
    later = Published(6, "later")
    assert await store.publish(NAME, later) == later
    assert await store.latest(NAME) == later


async def test_of_many_who_publish_at_once_the_latest_stands(world: World) -> None:
    stores = [world.log.credentials, (await world.another()).credentials]
    values = [Published(number, f"sealed {number}") for number in range(1, 5)]
    writes = [store.publish(NAME, value) for value in values for store in stores]
    await asyncio.gather(*reversed(writes))
    assert await stores[1].latest(NAME) == values[-1]
