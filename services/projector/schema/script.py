"""Running a migration written in SQL."""

from pathlib import Path

from alembic import op


def run_script(path: Path) -> None:
    """Execute the statements of a file, which end with a semicolon and an empty line."""
    bind = op.get_bind()
    for statement in path.read_text().split(";\n\n"):
        bind.exec_driver_sql(statement.strip().removesuffix(";"))
