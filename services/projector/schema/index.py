"""Making an index of a table that is large, and written to meanwhile."""

from collections.abc import Sequence

from alembic import op
from sqlalchemy import text

BROKEN = text("select 1 from pg_index where indexrelid = to_regclass(:name) and not indisvalid")


def make_index(
    name: str, table: str, columns: Sequence[str], *, where: str | None = None, using: str = "btree"
) -> None:
    """Make an index without keeping anyone from reading or writing; safe to repeat.

    It is made outside of any transaction: what the migration did before is recorded by then, and
    must be safe to repeat too. What a try that broke off has left is used by nobody, and replaced.
    """
    with op.get_context().autocommit_block():
        if op.get_bind().execute(BROKEN, {"name": name}).first():
            op.drop_index(name, postgresql_concurrently=True)
        op.create_index(
            name,
            table,
            [text(column) for column in columns],
            postgresql_where=None if where is None else text(where),
            postgresql_using=using,
            postgresql_concurrently=True,
            if_not_exists=True,
        )
