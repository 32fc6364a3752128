"""Each service is a user of its own in Postgres, and may do there what it does and no more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from services.projector.schema import check, ensure_roles, upgrade
from services.projector.schema.roles import CALLS, RIGHTS
from shared.errors import Unavailable
from shared.ledger.pool import opened
from shared.runtime.doors import DATABASE_USERS

PASSWORDS = {user: f"p{user}" for user in RIGHTS}
KINDS = ("select", "insert", "update", "delete", "truncate", "references", "trigger")
MAY_NOT = {
    "penstock_api": (
        "insert into runs select * from runs",
        "update runs set workspace = 'mine'",
        "delete from facts",
        "insert into blobs select * from blobs",
        "update positions set seq = 0",
        "delete from tokens",
        "delete from workspaces",
        "delete from audit",
        "update audit set actor = 'nobody'",
        "delete from pipelines",
        "delete from deletions",
        "select delete_runs('{}')",
        "select delete_workspace('acme')",
        "select make_fact_partitions(1)",
        "create table mine (id integer)",
        "drop table runs",
    ),
    "penstock_provisioner": (
        "select data from facts",
        "select status from runs",
        "select body from blobs",
        "select hash from tokens",
        "select sealed from credentials",
        "update workspace_limits set steps_in_flight = null",
        "update positions set seq = 0",
        "delete from workspaces",
    ),
    "penstock_scheduler": (
        "select body from blobs",
        "delete from facts",
        "select spec from agents",
        "select hash from tokens",
        "select password from users",
        "select hash from sessions",
        "update runs set status = 'failed'",
        "select make_fact_partitions(1)",
    ),
    "penstock_projector": (
        "select hash from tokens",
        "select password from users",
        "select hash from links",
        "select spec from agents",
        "select flow from pipelines",
        "update facts set data = ''",
        "delete from facts",
        "update blobs set body = ''",
        "delete from blobs",
        "delete from deletions",
        "update workspaces set retention_days = 1",
        "truncate runs",
        "create table mine (id integer)",
        "alter table runs owner to penstock_projector",
    ),
}


def url_of(user: str, database_url: str) -> str:
    """The same database, for somebody else."""
    at = urlsplit(database_url)
    return at._replace(netloc=f"{user}:{PASSWORDS[user]}@{at.hostname}:{at.port}").geturl()


@pytest.fixture
async def roles_url(database_url: str) -> AsyncIterator[str]:
    """A database with its users."""
    await ensure_roles(database_url, PASSWORDS)
    yield database_url
    async with opened(database_url) as owner:
        for user in RIGHTS:
            await owner.execute(f"drop owned by {user}; drop role {user}")


async def test_each_table_is_somebody_s_or_closed_and_each_right_is_as_written(
    roles_url: str,
) -> None:
    async with opened(roles_url) as owner:
        found = await owner.fetch(
            "select relname from pg_class where relnamespace = 'public'::regnamespace "
            "and relkind in ('r', 'p') and not relispartition"
        )
        tables = {row[0] for row in found}
        named = {table for rights in RIGHTS.values() for table in rights}
        assert tables == named
        for user, rights in RIGHTS.items():
            for table in tables:
                wanted = set(rights.get(table, "").replace(" ", "").split(",")) - {""}
                assert await given(owner, user, table) == wanted, (user, table)


async def given(owner: asyncpg.Connection, user: str, table: str) -> set[str]:
    """What a user may do to a table."""
    asked = "select kind from unnest($3::text[]) kind where has_table_privilege($1, $2, kind)"
    return {row[0] for row in await owner.fetch(asked, user, table, list(KINDS))}


async def test_the_worker_is_nobody_there() -> None:
    assert set(DATABASE_USERS) == {"api", "scheduler", "projector", "provisioner"}
    assert set(DATABASE_USERS.values()) == set(RIGHTS)


@pytest.mark.parametrize("user", RIGHTS)
async def test_a_service_logs_in_sees_the_schema_and_does_nothing_of_another_s(
    roles_url: str, user: str
) -> None:
    url = url_of(user, roles_url)
    await check(url)
    async with opened(url) as connection:
        for statement in MAY_NOT[user]:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        for function in CALLS.get(user, ()):
            await connection.execute(f"select {_called(function)}")


def _called(function: str) -> str:
    """A call of a function, by its signature."""
    values = {"": "", "integer": "13", "uuid[]": "'{}'", "text": "'nobodys'"}
    values["text[]"] = "'{}'"
    name, kinds = function.rstrip(")").split("(")
    return f"{name}({', '.join(values[kind] for kind in kinds.split(', '))})"


async def test_a_projector_s_temporary_tables_are_not_taken_for_the_owner_s(
    roles_url: str,
) -> None:
    async with opened(url_of("penstock_projector", roles_url)) as connection:
        await connection.execute(
            "insert into facts select least_run_id(now() + interval '14 months'), 1, 'w', 0, "
            "'requested', 't', now(), ''"
        )
        # Were this one asked, the month would seem to have no facts yet, and be refused.
        await connection.execute("create temporary table facts_default (run_id uuid)")
        await connection.execute("select make_fact_partitions(14)")


async def test_migrating_again_changes_a_password_and_takes_what_is_no_longer_given(
    roles_url: str,
) -> None:
    async with opened(roles_url) as owner:
        await owner.execute("grant all on tokens, runs to penstock_scheduler")
    await upgrade(roles_url)
    await ensure_roles(roles_url, {"penstock_scheduler": "another"})
    with pytest.raises(asyncpg.InvalidPasswordError):
        async with opened(url_of("penstock_scheduler", roles_url)):
            pass
    at = urlsplit(roles_url)
    another = at._replace(netloc=f"penstock_scheduler:another@{at.hostname}:{at.port}").geturl()
    async with opened(another) as connection:
        await connection.execute("select count(*) from runs")
        for statement in ("select hash from tokens", "delete from runs"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    async with opened(url_of("penstock_api", roles_url)) as connection:
        await connection.execute("select count(*) from runs")


async def test_who_may_make_no_roles_is_told_what_to_do(roles_url: str) -> None:
    with pytest.raises(Unavailable, match="CREATEROLE"):
        await ensure_roles(url_of("penstock_projector", roles_url), {"penstock_api": "other"})
