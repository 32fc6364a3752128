"""The schema of the database: alembic migrations in SQL, run by `penstock migrate` alone.

await upgrade(database_url)    from whatever it is to the newest
await ensure_roles(database_url, passwords)    the users of the services, and their rights
await check(database_url)      is it the newest? for services that wait for it
"""

from services.projector.schema.roles import ensure_roles
from services.projector.schema.upgrade import check, upgrade

__all__ = ["check", "ensure_roles", "upgrade"]
