"""The first schema."""

from pathlib import Path

from services.projector.schema.script import run_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
