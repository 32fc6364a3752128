"""What is to be deleted from the log."""

from pathlib import Path

from services.projector.schema.script import run_script

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
