"""The servers the other tests stand on."""

import signal

import asyncpg

from tests.servers import NatsServer, connected


async def test_every_test_gets_a_nats_server_with_nothing_in_it(nats_server: NatsServer) -> None:
    client = await connected(nats_server.url)
    await client.jetstream().add_stream(name="LEFT", subjects=["left.>"])
    await nats_server.wipe()
    assert await client.jetstream().streams_info() == []
    await client.close()


async def test_every_test_gets_a_migrated_database_of_its_own(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    tables = await connection.fetchval("select count(*) from pg_tables where schemaname='public'")
    await connection.close()
    assert tables > 0


async def test_a_nats_server_of_ones_own_keeps_what_it_stored_when_killed(
    own_nats_server: NatsServer,
) -> None:
    client = await connected(own_nats_server.url)
    await client.jetstream().add_stream(name="KEPT", subjects=["kept.>"])
    await client.jetstream().publish("kept.one", b"1")
    own_nats_server.stop(signal.SIGKILL)
    own_nats_server.start()
    again = await connected(own_nats_server.url)
    assert (await again.jetstream().get_last_msg("KEPT", "kept.one")).data == b"1"
    await again.close()
    await client.close()
