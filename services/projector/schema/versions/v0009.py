"""Keys of model providers, and secrets, sealed."""

from pathlib import Path

from services.projector.schema.script import run_script

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
