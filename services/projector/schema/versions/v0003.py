"""Facts found by workspace, in the order of the log."""

from pathlib import Path

from services.projector.schema.script import run_script

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
