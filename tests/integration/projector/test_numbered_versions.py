"""Versions that pipelines and agents had before versions were counted."""

from __future__ import annotations

import asyncpg

from services.projector.schema import check, upgrade
from shared.ledger.pool import opened

BEFORE = """
    insert into pipelines (id, workspace, name, flow, version)
        values ('back', 'w', 'b', '{"v": 1}', 'a'), ('on', 'w', 'o', '{}', 'c');
    insert into pipeline_versions (pipeline_id, version, flow, created_at) values
        ('back', 'a', '{"v": 1}', '2030-01-01'), ('back', 'b', '{"v": 2}', '2030-01-02'),
        ('on', 'a', '{}', '2030-01-03'), ('on', 'c', '{}', '2030-01-04');
    insert into agents (id, workspace, name, spec) values ('poet', 'w', 'p', '{"model": "m"}');
"""


async def test_versions_of_before_are_counted_in_their_order(empty_database_url: str) -> None:
    await upgrade(empty_database_url, "0006")
    async with opened(empty_database_url) as connection:
        await connection.execute(BEFORE)
        await upgrade(empty_database_url)
        await check(empty_database_url)
        assert await numbered(connection, "on") == [("a", 1), ("c", 2)]
        # Its flow had come back: that is its newest version now.
        assert await numbered(connection, "back") == [("a", 1), ("b", 2), ("a", 3)]
        now = await connection.fetch("select id, version_number from pipelines order by id")
        assert [tuple(row) for row in now] == [("back", 3), ("on", 2)]
        agent = await connection.fetchrow("select number, spec from agent_versions")
        assert tuple(agent) == (1, '{"model": "m"}')
        await connection.execute("delete from pipelines")
        assert await connection.fetchval("select count(*) from pipeline_versions") == 0


async def test_an_api_of_before_goes_on_saving_until_it_is_replaced(
    empty_database_url: str,
) -> None:
    await upgrade(empty_database_url)
    async with opened(empty_database_url) as connection:
        for version in ("a", "b"):
            await connection.execute(
                "insert into pipelines (id, workspace, name, flow, version) "
                "values ('p', 'w', 'p', '{}', $1) on conflict (id) do update set version = $1",
                version,
            )
            await connection.execute(
                "insert into pipeline_versions (pipeline_id, version, flow) "
                "values ('p', $1, '{}') on conflict do nothing",
                version,
            )
        assert await numbered(connection, "p") == [("a", 1)]


async def test_versions_and_aliases_go_with_their_workspace(empty_database_url: str) -> None:
    await upgrade(empty_database_url, "0006")
    async with opened(empty_database_url) as connection:
        await connection.execute(BEFORE)
        await upgrade(empty_database_url)
        await connection.execute(
            "insert into pipeline_aliases (pipeline_id, alias, number, made_by) "
            "values ('on', 'prod', 2, 'settings')"
        )
        await connection.execute("insert into deletions (workspace) values ('w')")
        await connection.execute("select delete_workspace('w')")
        for table in ("pipelines", "pipeline_versions", "pipeline_aliases", "agent_versions"):
            assert await connection.fetchval(f"select count(*) from {table}") == 0, table


async def numbered(connection: asyncpg.Connection, key: str) -> list[tuple[str, int]]:
    rows = await connection.fetch(
        "select version, number from pipeline_versions where pipeline_id = $1 order by number", key
    )
    return [(row[0], row[1]) for row in rows]
