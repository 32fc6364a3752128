"""What is to be deleted, and the functions that delete it."""

from pathlib import Path

from services.projector.schema.script import run_script

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
