"""Who may do what in Postgres, as data: a role a service, and `migrate`, who owns everything.

A role may do to each table what its service does, and no more. The worker has none: it never asks
Postgres. Roles are made, given these rights, and theirs taken that stand here no more, by
`penstock migrate`; a table that is missing here is closed to all of them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping

import asyncpg

from services.projector.schema.upgrade import LOCK
from shared.errors import Unavailable
from shared.ledger.pool import opened, translated

Rights = Mapping[str, str]

_WRITES = "select, insert, update"
_MODEL = "select, insert, update, delete"  # and, from PostgreSQL 17 on, to analyze it
_ACCOUNTS = "insert, select, update, delete"
_QUEUE = "select, insert, delete, update"  # locking a row takes the right to update it
MAINTAIN_SINCE = 17

RIGHTS: Mapping[str, Rights] = {
    "penstock_api": {
        **dict.fromkeys(("workspaces", "tokens", "jobs", "workspace_limits"), _WRITES),
        **dict.fromkeys(("audit", "deletions"), "select, insert"),
        "credentials": "select, insert, update, delete",
        **dict.fromkeys(("users", "memberships", "sessions", "links"), _ACCOUNTS),
        **dict.fromkeys(("openid_subjects", "openid_used"), _ACCOUNTS),
        **dict.fromkeys(("agents", "pipelines", "tools"), _WRITES),
        **dict.fromkeys(("pipeline_versions", "agent_versions", "tool_versions"), _WRITES),
        "pipeline_aliases": f"{_WRITES}, delete",
        **dict.fromkeys(("facts", "blobs", "flow_versions"), "select"),
        **dict.fromkeys(("positions", "parked_runs"), "select"),
        **dict.fromkeys(("runs", "steps", "step_inputs", "attempts", "usage"), "select"),
        **dict.fromkeys(("usage_sums", "usage_spans", "usage_ranking", "deciders"), "select"),
        "lingering_runs": "select",  # what workspaces hold in the log
        "work_queues": "select",  # which queue a limited workspace has
        "alembic_version": "select",
    },
    "penstock_scheduler": dict.fromkeys(
        ("runs", "facts", "positions", "alembic_version"), "select"
    ),
    "penstock_projector": {
        **dict.fromkeys(("runs", "steps", "step_inputs", "attempts", "usage"), _MODEL),
        **dict.fromkeys(("usage_sums", "usage_spans", "usage_ranking", "deciders"), _MODEL),
        **dict.fromkeys(("lingering_runs", "inert_facts"), _QUEUE),
        "facts": "select, insert",
        "blobs": "select, insert",
        **dict.fromkeys(("positions", "deletions", "flow_versions"), _WRITES),
        "parked_runs": "select, insert, delete",
        "workspaces": "select",  # how long they keep their runs
        "alembic_version": "select",
    },
    "penstock_provisioner": {
        "work_queues": _ACCOUNTS,
        **dict.fromkeys(("workspace_limits", "workspaces", "positions"), "select"),
        "alembic_version": "select",
    },
}
"""Tables by role, with what it may do to them."""

CALLS: Mapping[str, tuple[str, ...]] = {
    "penstock_api": ("forget_deleted_definitions()",),
    "penstock_projector": (
        "make_fact_partitions(integer)",
        "delete_runs(uuid[])",
        "delete_workspace(text)",
    ),
    "penstock_provisioner": ("is_queue_named(text[], text)",),
}
"""Functions that have their owner's rights, by the roles that may call them."""

_ROUNDS = 4096


async def ensure_roles(database_url: str, passwords: Mapping[str, str]) -> None:
    """Make the roles that have a password here, and give all there are their rights, at once.

    Raises: Unavailable, when Postgres is away or whoever asks may make no roles.
    """
    async with opened(database_url) as connection:
        with translated():
            try:
                async with connection.transaction():
                    await connection.execute(f"select pg_advisory_xact_lock({LOCK})")
                    await _apply(connection, passwords)
            except asyncpg.InsufficientPrivilegeError as error:
                raise Unavailable(
                    f"The roles of the services were not made ({error}): give the user of "
                    "DATABASE_URL the right CREATEROLE, or make them by hand."
                ) from error


async def _apply(connection: asyncpg.Connection, passwords: Mapping[str, str]) -> None:
    known = "select rolname from pg_roles where rolname = any($1)"
    there = {row[0] for row in await connection.fetch(known, list(RIGHTS))}
    for role, password in passwords.items():
        verb = "alter" if role in there else "create"
        await connection.execute(f"{verb} role {role} login password '{verifier(password)}'")
        there.add(role)
    schema = await connection.fetchval("select quote_ident(current_schema())")
    for function in {each for some in CALLS.values() for each in some}:
        await connection.execute(f"revoke all on function {function} from public")
        # Its caller's temporary tables are not taken for its owner's.
        await connection.execute(f"alter function {function} set search_path to {schema}, pg_temp")
    for role in sorted(there):
        await _grant(connection, schema, role)


async def _grant(connection: asyncpg.Connection, schema: str, role: str) -> None:
    await connection.execute(f"revoke all on all tables in schema {schema} from {role}")
    await connection.execute(f"grant usage on schema {schema} to {role}")
    maintains = connection.get_server_version().major >= MAINTAIN_SINCE
    for table, rights in RIGHTS[role].items():
        more = ", maintain" if rights is _MODEL and maintains else ""
        await connection.execute(f"grant {rights}{more} on {table} to {role}")
    for function in CALLS.get(role, ()):
        await connection.execute(f"grant execute on function {function} to {role}")


def verifier(password: str) -> str:
    """What Postgres keeps of a password, made here: the password itself reaches no log of its.

    Source: RFC 5803, and PostgreSQL's documentation of pg_authid.
    """
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, _ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    parts = (base64.b64encode(each).decode() for each in (salt, stored, server))
    return "SCRAM-SHA-256${}:{}${}:{}".format(_ROUNDS, *parts)
