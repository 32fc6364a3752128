"""What a workspace may use in a month, and how many may read its streams."""

from pathlib import Path

from services.projector.schema.script import run_script

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
