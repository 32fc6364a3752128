"""What each workspace may use at most."""

from pathlib import Path

from services.projector.schema.script import run_script

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
